import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifySchema, FastifySerializerCompiler } from 'fastify';

const compilerOf = SerializerSelector();

/** What turns answers of a route into JSON. It is compiled with the first answer: most routes of a process have none. */
export const serializerCompiler: FastifySerializerCompiler<FastifySchema> = ({
  schema,
  method,
  url,
  httpStatus = 'default',
}) => {
  let serialize: ((answer: unknown) => string) | undefined;
  return (answer) => {
    serialize ??= compilerOf()({ schema, method, url, httpStatus });
    return serialize(answer);
  };
};
