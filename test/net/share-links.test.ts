import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directLink, reasonForPage } from '../../src/net/share-links.ts';

const DRIVE_ID = '1A-bC_dEfGhIjKlMnOpQrStUvWxYz0123';

function direct(link: string): string {
  return directLink(new URL(link)).href;
}

test('links of the share dialog of Google Drive become downloads', () => {
  const download = `https://drive.google.com/uc?export=download&id=${DRIVE_ID}`;
  for (const link of [
    `https://drive.google.com/file/d/${DRIVE_ID}/view?usp=sharing`,
    `https://drive.google.com/file/d/${DRIVE_ID}/view?usp=drive_link`,
    `https://drive.google.com/file/d/${DRIVE_ID}`,
    `https://drive.google.com/file/d/${DRIVE_ID}/edit`,
    `https://drive.google.com/file/d/${DRIVE_ID}/preview`,
    `https://drive.google.com/file/u/1/d/${DRIVE_ID}/view`,
    `https://drive.google.com/a/shop.example/file/d/${DRIVE_ID}/view`,
    `https://docs.google.com/file/d/${DRIVE_ID}/edit?usp=sharing`,
    `http://drive.google.com/open?id=${DRIVE_ID}&authuser=0`,
    `https://drive.google.com/uc?id=${DRIVE_ID}`,
    `https://drive.google.com/uc?export=view&id=${DRIVE_ID}`,
    `https://drive.google.com/u/0/uc?id=${DRIVE_ID}&export=download`,
    download,
  ])
    assert.equal(direct(link), download, link);
});

test('what Google Drive needs besides the id is kept', () => {
  assert.equal(
    direct(`https://drive.google.com/file/d/${DRIVE_ID}/view?usp=sharing&resourcekey=0-AbC_123`),
    `https://drive.google.com/uc?export=download&id=${DRIVE_ID}&resourcekey=0-AbC_123`,
  );
  assert.equal(
    direct(`https://drive.google.com/uc?export=download&confirm=t&id=${DRIVE_ID}`),
    `https://drive.google.com/uc?export=download&id=${DRIVE_ID}&confirm=t`,
  );
});

test('links of Dropbox become downloads, and keep the key that grants access', () => {
  const links = {
    'https://www.dropbox.com/s/a1b2c3d4e5f6g7h/red%20shoe.jpg?dl=0':
      'https://www.dropbox.com/s/a1b2c3d4e5f6g7h/red%20shoe.jpg?dl=1',
    'https://www.dropbox.com/s/a1b2c3d4e5f6g7h/shoe.jpg':
      'https://www.dropbox.com/s/a1b2c3d4e5f6g7h/shoe.jpg?dl=1',
    'https://www.dropbox.com/scl/fi/abcdefghijklm/shoe.jpg?rlkey=0123456789abcdefghij&st=xyz&dl=0':
      'https://www.dropbox.com/scl/fi/abcdefghijklm/shoe.jpg?rlkey=0123456789abcdefghij&st=xyz&dl=1',
    'https://dropbox.com/scl/fi/abcdefghijklm/shoe.jpg?rlkey=0123456789abcdefghij':
      'https://dropbox.com/scl/fi/abcdefghijklm/shoe.jpg?rlkey=0123456789abcdefghij&dl=1',
    'https://www.dropbox.com/sh/a1b2c3d4e5f6g7h/AAAabc/shoe.jpg?dl=0':
      'https://www.dropbox.com/sh/a1b2c3d4e5f6g7h/AAAabc/shoe.jpg?dl=1',
  };
  for (const [link, download] of Object.entries(links)) assert.equal(direct(link), download, link);
});

test('links of OneDrive become tokens of its shares API', () => {
  for (const link of [
    'https://1drv.ms/i/s!AkijuZglD51udTgHqNV4FYXYPD4?e=AbCdEf',
    'https://1drv.ms/u/s!AkijuZglD51udTgHqNV4FYXYPD4',
    'https://1drv.ms/i/c/6e9d0f2598b9a348/EbHk0oYp_hKgYnN8BAAAAAAB0t9y',
    'https://onedrive.live.com/redir?resid=1231244193912!12&authKey=1201919!12921!1',
    'https://onedrive.live.com/?id=ABC%21123&cid=ABC&authkey=%21AAbb',
  ]) {
    const [, token = ''] =
      /^https:\/\/api\.onedrive\.com\/v1\.0\/shares\/u!([\w-]+)\/root\/content$/.exec(direct(link)) ?? [];
    assert.equal(Buffer.from(token, 'base64url').toString(), link);
  }
  assert.equal(
    direct('https://onedrive.live.com/embed?cid=ABC&resid=ABC%21123&authkey=AAbb'),
    'https://onedrive.live.com/download?cid=ABC&resid=ABC%21123&authkey=AAbb',
  );
});

test('all other links stay as they are, also those that are direct already or lead to a folder', () => {
  for (const link of [
    'https://shop.example/file/d/abc/view?dl=0',
    'https://drive.google.com.evil.example/file/d/abc/view',
    'https://drive.google.com/drive/folders/1AbC',
    `https://drive.google.com/thumbnail?id=${DRIVE_ID}&sz=w1000`,
    'https://drive.google.com/uc',
    'https://docs.google.com/document/d/1AbC/edit',
    'https://drive.usercontent.google.com/download?id=1AbC&export=download',
    'https://www.dropbox.com/scl/fi/abc/shoe.jpg?rlkey=012&raw=1',
    'https://www.dropbox.com/scl/fo/abc/AAA?rlkey=012&dl=0',
    'https://www.dropbox.com/login',
    'https://dl.dropboxusercontent.com/s/abc/shoe.jpg',
    'https://1drv.ms/',
    'https://onedrive.live.com/about/',
    'https://onedrive.live.com/download?resid=ABC!1&authkey=!A',
  ])
    assert.equal(direct(link), link, link);
});

test('a host with the name of a property of every object is a host like any other', () => {
  for (const link of ['http://__proto__/a.jpg', 'http://constructor/a.jpg', 'http://tostring/a.jpg'])
    assert.equal(direct(link), link);
});

test('a web page says what it asks for, where that can be told', () => {
  const page = (title: string): Buffer =>
    Buffer.from(`<!DOCTYPE html><html><head><title>${title}</title></head>`);
  const reason = (url: string, title: string) => reasonForPage(new URL(url), page(title));
  assert.match(
    reason('https://accounts.google.com/v3/signin/identifier', 'Sign in') ?? '',
    /asks for a login/,
  );
  assert.match(reason('https://www.dropbox.com/login?cont=x', 'Login') ?? '', /asks for a login/);
  const download = 'https://drive.usercontent.google.com/download?id=1';
  assert.match(reason(download, 'Google Drive - Virus scan warning') ?? '', /confirmation/);
  assert.match(reason(download, 'Google Drive - Quota exceeded') ?? '', /too often/);
  assert.equal(reason(download, 'Google Drive'), undefined);
  assert.equal(reason('https://shop.example/', 'Google Drive - Virus scan warning'), undefined);
});
