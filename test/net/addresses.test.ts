import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMetadataAddress, isPublicAddress } from '../../src/net/addresses.ts';

test('addresses of the public internet may be fetched from', () => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '93.184.215.14',
    '172.32.0.1',
    '192.0.1.1',
    '2606:4700::1111',
    '2a00:1450::8a',
    '64:ff9b::808:808',
    '::ffff:8.8.8.8',
  ])
    assert.equal(isPublicAddress(address), true, address);
});

test('special addresses may not, in whatever form they come', () => {
  for (const address of [
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.255.255.255',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ...[
      '192.0.0.1',
      '192.0.2.1',
      '192.88.99.1',
      '192.168.0.1',
      '198.18.0.1',
      '198.19.255.255',
      '198.51.100.1',
      '203.0.113.1',
    ],
    ...[
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '168.63.129.16',
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
    ],
    ...[
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::',
      '3fff::1',
      '::ffff:127.0.0.1',
      '::ffff:a00:1',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
    ],
    ...[
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::a00:1',
      '2606:4700::5efe:7f00:1',
      '2606:4700::200:5efe:a00:1',
      '100::1',
      '5f00::1',
    ],
    ...['', 'localhost', 'example.com', '1.2.3', '0x7f.1', 'fe80::1%eth0', '2606:4700::1%1'],
  ])
    assert.equal(isPublicAddress(address), false, address);
});

test('the metadata addresses of clouds stay refused inside a network that is allowed', () => {
  for (const address of [
    '169.254.169.254',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
  ])
    assert.equal(isMetadataAddress(address), true, address);
  assert.equal(isMetadataAddress('169.254.169.253'), false);
});
