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
  const IPV4 = [
    ...['169.254.169.254', '169.254.170.2', '169.254.170.23', '169.254.169.255', '169.254.0.23'],
    ...['169.254.42.42', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ];
  const IPV6 = ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42', 'fd00:a9fe:a9fe::1'];
  const carriers = IPV4.flatMap((address) =>
    ['::ffff:', '::', '64:ff9b::', '64:ff9b:1::', '2001:db8:64::', 'fe80::5efe:', 'fe80::', 'fd00:c1::'].map(
      (prefix) => prefix + address,
    ),
  );
  const translated = [
    '64:ff9b:1:a9fe:a9:fe00::', // a prefix of 48 bits
    'fd64:0:0:a9:fe:a9fe::', // of 56
    'fd64:0:0:0:a9:fea9:fe00:0', // of 64
    'fd64:0:a9fe:a9fe::', // of 32
    'fd64:0:a9:fea9:fe::', // of 40
    '2002:a9fe:a9fe::1', // 6to4
    'FD00:0EC2:0000:0000:0000:0000:0000:0254',
  ];
  for (const address of [...IPV4, ...IPV6, ...carriers, ...translated])
    assert.equal(isMetadataAddress(address), true, address);
  for (const address of [
    '169.254.169.253',
    '169.254.170.3',
    '10.0.0.5',
    'fd00:ec2::253',
    'fd20:ce::1',
    'fd00::1',
  ])
    assert.equal(isMetadataAddress(address), false, address);
});
