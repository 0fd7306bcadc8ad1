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
