import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { xmlFlawInWords } from '../src/xml-words.ts';

/** Every sentence in the source of saxes, so that a new version of it does not bring its own words to people. */
function sentencesOfSaxes(): string[] {
  const source = readFileSync(createRequire(import.meta.url).resolve('saxes'), 'utf8');
  const calls = source.matchAll(/\bfail\(\s*(?:this\.isName\(entity\) \? )?(["`])((?:\\.|(?!\1)[^])*?)\1/g);
  return Array.from(calls, ([, , said = '']) => said);
}

test('each error of the XML parser has words of ours', () => {
  const sentences = sentencesOfSaxes().filter((said) => !/namespace|prefix|onready/.test(said));
  assert.ok(sentences.length > 50, String(sentences.length));
  for (const said of sentences) {
    const told = xmlFlawInWords(`12:7: ${said.replaceAll('\\"', '"')}`);
    assert.doesNotMatch(told, /not well-formed/, said);
    assert.ok(!said.includes(told), `${said} is told in its own words`);
  }
  assert.equal(xmlFlawInWords('1:2: something new.'), 'it is not well-formed');
});

test('the name of a tag is told', () => {
  assert.match(xmlFlawInWords('unclosed tag: g:id'), /^the end of <g:id> is missing/);
});
