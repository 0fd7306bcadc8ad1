const luks = 'e5696873f084734992ec06879ce3da0b';
const other = 'e5696873aaaa734992ec06879ce3da0b';
const header = '42f5741edd71664d963eef4287ff173b';
const otherSecret = '534f4d45204f5448455220534543524554';

/** virtee/sevctl, tests/data/secret: one entry, the padding is not counted. */
export const sevctlSingle = `${header}3a000000${luks}260000004d592d4c554b532d50415353504852415345000000000000`;

/** Linux, Documentation/security/secrets/coco.rst: the file of e6f5a162, not text; the table around it is ours. */
export const kernelDocumentationData =
  '74686573652d6172652d7468652d6b6174612d736563726574730001020304050607';
export const kernelDocumentation = `${header}4a00000062a1f5e67fd65047a67c5d065f2a991036000000${kernelDocumentationData}000000000000`;

/** aleph's client: NUL at the end, the padding is counted. Rebuilt from its layout. */
export const alephStyle = `${header}30000000${luks}1a00000068656c6c6f000000`;

/** EDK2 for Arm CCA: NUL at the end, no padding. Rebuilt from its source. */
export const armCcaStyle = `${header}2d000000${luks}19000000726f6f7400`;

/** virtee/sevctl, tests/secretbuild.rs: two entries. */
export const sevctlTwo = `${header}5f000000${luks}260000004d592d4c554b532d50415353504852415345${other}25000000${otherSecret}00`;

/** The same after Linux (efi_secret.c) unlinked the first: null GUID, zeros, the length kept. */
export const wipedByLinux = `${header}5f000000${'00'.repeat(16)}26000000${'00'.repeat(18)}${other}25000000${otherSecret}00`;

/** The same after GRUB (efisecret) released the first: the length is zeroed too. */
export const wipedByGrub = `${header}5f000000${'00'.repeat(16)}00000000${'00'.repeat(18)}${other}25000000${otherSecret}00`;

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** virtee/sevctl, tests/secretbuild.rs and tests/data: what seals `sevctlSingle`; the measure is followed by its nonce. */
export const sevctlKeys = {
  tik: 'c6d5a9956133050912b24bbe5c372686',
  tek: '52a869b79ab9c13bb6a92b0561619cb3',
  iv: 'ac5474ed4dd32c7d989ec523d92559ec',
  launchMeasure:
    '4cb780efad3b959427b4b8d1635fe2fac6ed75267eef9cf1a73e0fc7d873a412f022d179436a38a6b03efb7659bfd652',
};
export const sevctlPacket = {
  header:
    '00000000ac5474ed4dd32c7d989ec523d92559ecbc152cde610e17f0aef557334a2d4fca42c22c4312e3b5b85a3d47b0aac857e5',
  payload:
    'd14ddee4f717bf4516f87e2d48114a39d0987ca135fa3dfc05cd9fb8ed7a9988b223eb16c7b20d7e7fa58188f9e862f5db2ca29c36be9557c20b00ffdb0e5c3c',
};

/** virtee/sev, src/session/mod.rs: API 0.18, build 15, policy 0, the digest of nothing. */
export const launch = {
  tik: '66320db73158a35a255d051758e95ed4',
  nonce: '4fbe0bedbad6c86ae8f68971d103e554',
  digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  measure: '6faab2daae389bcd3405a05d6cafe33c0414f7bedd0bae19ba5f38b7fd1664ea',
};
