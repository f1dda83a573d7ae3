import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readConfig } from '../src/config.ts';
import { newSecret } from '../src/webhooks/signing.ts';
import { runMinilab } from './support/minilab.ts';

describe('unknown settings', () => {
  const warnings = (name: string): readonly string[] => readConfig({ [name]: '1' }).unknownSettings;

  test('a typo is reported with the setting that was meant', () => {
    for (const [name, meant] of Object.entries({
      WORKER_CORE: 'WORKER_CORES',
      WORKERS_CORES: 'WORKER_CORES',
      DATABSE_URL: 'DATABASE_URL',
      DATA_DIRS: 'DATA_DIR',
      database_url: 'DATABASE_URL',
      WEBHOOK_TIMEOUT_MS: 'WEBHOOK_TIMEOUT',
      'HOST-CONCURRENCY': 'HOST_CONCURRENCY',
      LOGLEVEL: 'LOG_LEVEL',
      PROT: 'PORT',
      MINILAB_PORT: 'PORT',
      MINILAB_WORKER_CORE: 'WORKER_CORES',
    }))
      assert.match(warnings(name).join(), new RegExp(`no setting ${name}: .*Did you mean ${meant}\\?`), name);
  });

  test('names that begin with MINILAB_, and settings of later versions, are reported', () => {
    for (const name of ['RETENTION_DAYS', 'MINILAB_COLOUR', 'S3_BUCKET'])
      assert.match(warnings(name).join(), new RegExp(`setting ${name}.*no effect`), name);
  });

  test('variables of other programs are ignored', () => {
    const foreign =
      'PATH HOME HOSTNAME SHELL USER PWD LANG LC_ALL TERM EDITOR TZ TMPDIR NODE_ENV NODE_OPTIONS DEBUG CI PORTS_X ' +
      'PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE DATABASE_HOST DATABASE_USER DATABASE_NAME WEB_CONCURRENCY ' +
      'AWS_REGION AWS_ACCESS_KEY_ID HTTP_PROXY https_proxy no_proxy npm_config_cache npm_lifecycle_event INIT_CWD ' +
      'KUBERNETES_PORT KUBERNETES_SERVICE_HOST SSH_AUTH_SOCK XDG_DATA_DIRS MAIL LOGNAME OLDPWD SHLVL POST ' +
      'WORKER_NAME PUBLIC_DIR UPLOAD_DIR WEBHOOK_ID LOG_FORMAT';
    for (const name of foreign.split(' ')) assert.deepEqual(warnings(name), [], name);
    assert.deepEqual(readConfig({ WORKER_CORES: '1', DATA_DIR: 'x', MINILAB_KEY: '' }).unknownSettings, []);
  });

  test('a process reports them when it starts', async () => {
    const { err, out } = await runMinilab(['doctor'], {
      settings: { WORKER_CORE: '2', DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    });
    assert.match(
      err + out,
      /There is no setting WORKER_CORE: it has no effect\. Did you mean WORKER_CORES\?/,
    );
  });
});

describe('the bounds of settings', () => {
  const cases: Record<string, { wrong: string[]; right: string[]; bounds: RegExp }> = {
    WEBHOOK_TIMEOUT: {
      wrong: ['0', '0ms', '-5s', '99ms', '101s', '87600h', '999999999h', 'soon', '1.5s'],
      right: ['100ms', '5', '15s', '100s'],
      bounds: /from 100ms to 100s/,
    },
    WEBHOOK_SCHEDULE: {
      wrong: ['-1s', '0,721h', '999999999h', ','],
      right: ['0', '0,5s,720h'],
      bounds: /30 days/,
    },
    MAX_SOURCE_BYTES: {
      wrong: ['0', '-1', '1023', '2GiB', '99999999999GB'],
      right: ['1KiB', '1GiB', '30MB'],
      bounds: /from 1KiB to 1GiB/,
    },
    MAX_UPLOAD_BYTES: { wrong: ['0', '1B', '65GiB'], right: ['1MiB', '64GiB'], bounds: /from 1KiB to 64GiB/ },
    DOWNLOAD_CONCURRENCY: {
      wrong: ['0', '-1', '1025', '1.5'],
      right: ['1', '1024'],
      bounds: /from 1 to 1024/,
    },
    HOST_CONCURRENCY: { wrong: ['0', '1025'], right: ['1', '1024'], bounds: /from 1 to 1024/ },
    WORKER_CORES: { wrong: ['0', '257', '1e2'], right: ['1', '256'], bounds: /from 1 to 256/ },
    PORT: { wrong: ['0', '65536'], right: ['1', '65535'], bounds: /from 1 to 65535/ },
    ALLOWED_PORTS: {
      wrong: ['0', '65536', '80,', '1e3'],
      right: ['8000', '8000, 9000'],
      bounds: /from 1 to 65535/,
    },
  };
  for (const [name, { wrong, right, bounds }] of Object.entries(cases))
    test(`${name} outside its bounds is rejected, and the error names the bounds`, () => {
      for (const value of wrong)
        assert.throws(
          () => readConfig({ [name]: value }),
          (error: Error) => error.message.startsWith(`${name} is "${value}"`) && bounds.test(error.message),
          value,
        );
      for (const value of right) readConfig({ [name]: value });
    });
});

describe('URLs that go to others', () => {
  const refusal = (name: string, value: string): string => {
    try {
      readConfig({ WEBHOOK_SECRET: newSecret(), [name]: value });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('a base of links has no query, no fragment, no user name, and all of its scheme', () => {
    for (const name of ['PUBLIC_URL', 'FILES_URL', 'S3_ENDPOINT']) {
      for (const wrong of [
        'https://x.example?a=1',
        'https://x.example/#a',
        'https:x.example',
        'ftp://x.example',
      ])
        assert.match(
          refusal(name, wrong),
          new RegExp(`^${name} is "${wrong.slice(0, 5)}.*without a query`),
          wrong,
        );
      assert.match(
        refusal(name, 'https://u:hidden@x.example'),
        /contains a user name or a password, and must/,
      );
      assert.doesNotMatch(refusal(name, 'https://u:hidden@x y'), /hidden/);
      assert.equal(refusal(name, 'HTTPS://x.example/a/'), '');
    }
  });

  test('a WEBHOOK_URL is not repeated: its path may be a secret', () => {
    for (const wrong of ['hooks.example/services/hidden', 'https:hooks.example/hidden'])
      assert.match(refusal('WEBHOOK_URL', wrong), /^WEBHOOK_URL is not valid, and must be a URL [^"]*$/);
  });
});

describe('where files are stored', () => {
  const storageOf = (settings: Record<string, string>) =>
    readConfig({ DATA_DIR: '/data', ...settings }).storage;

  test('a folder, or a bucket with what the AWS SDK needs to know of it', () => {
    assert.deepEqual(storageOf({}), { is: 'folder', path: '/data/files' });
    assert.deepEqual(storageOf({ STORAGE_URL: 'file:///srv/my%20files' }), {
      is: 'folder',
      path: '/srv/my files',
    });
    const aws = { is: 'bucket', bucket: 'my.bucket', prefix: '', region: 'us-east-1' };
    assert.deepEqual(storageOf({ STORAGE_URL: 's3://my.bucket' }), {
      ...aws,
      endpoint: undefined,
      isPathStyle: false,
    });
    assert.deepEqual(
      storageOf({
        STORAGE_URL: 's3://my.bucket/a/b/',
        S3_ENDPOINT: 'http://minio:9000/',
        AWS_REGION: 'eu-west-1',
      }),
      { ...aws, prefix: 'a/b/', region: 'eu-west-1', endpoint: 'http://minio:9000', isPathStyle: true },
    );
    const r2 = { S3_ENDPOINT: 'https://id.r2.example', S3_REGION: 'auto', S3_PATH_STYLE: 'false' };
    assert.deepEqual(storageOf({ STORAGE_URL: 's3://my.bucket', ...r2 }), {
      ...aws,
      region: 'auto',
      endpoint: 'https://id.r2.example',
      isPathStyle: false,
    });
  });

  test('what cannot be meant is refused, and credentials are refused without being repeated', () => {
    const refusal = (settings: Record<string, string>): string => {
      try {
        readConfig(settings);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const url of [
      's3://',
      's3://B',
      's3://bucket/a b',
      's3://bucket?x=1',
      's3://bucket/a//b',
      'gs://bucket',
      'file://host/x',
      'file:///srv/a%2Fb',
      'file:///srv/a%00b',
    ])
      assert.match(refusal({ STORAGE_URL: url }), /^STORAGE_URL is .* must be a URL such as file:/, url);
    for (const settings of [
      { STORAGE_URL: 's3://AKIDEXAMPLE:hidden@bucket' },
      { STORAGE_URL: 's3://bucket', S3_ENDPOINT: 'https://AKIDEXAMPLE:hidden@store.example' },
    ]) {
      const message = refusal(settings);
      assert.match(
        message,
        /^(STORAGE_URL|S3_ENDPOINT) contains a user name or a password.*AWS_ACCESS_KEY_ID/,
      );
      assert.doesNotMatch(message, /hidden|AKIDEXAMPLE/);
    }
    assert.match(refusal({ S3_ENDPOINT: 'minio:9000' }), /^S3_ENDPOINT/);
    assert.match(
      refusal({ S3_PATH_STYLE: 'yes' }),
      /^S3_PATH_STYLE is "yes", and must be one of true, false/,
    );
    assert.match(refusal({ FILES_REDIRECT: 'true' }), /^FILES_REDIRECT is true, and needs a bucket/);
  });
});
