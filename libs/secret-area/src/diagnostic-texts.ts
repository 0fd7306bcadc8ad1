import type { Diagnostic, DiagnosticCode } from './table.ts';

/** What is said of each finding, and what to do about it. No text depends on a byte of data. */
export const diagnosticTexts: Record<DiagnosticCode, Omit<Diagnostic, 'code' | 'offset'>> = {
  unpopulated: {
    severity: 'note',
    message:
      'the area does not start with the GUID of a secret table; Linux shows nothing, without an error',
    advice: 'inject a table at launch if there should be secrets',
  },
  'area-too-small': {
    severity: 'error',
    message: 'the area is smaller than a header of 20 bytes; Linux refuses it',
    advice: 'look at the size that the firmware publishes, or at a file that was cut',
  },
  'header-guid-byte-order': {
    severity: 'warning',
    message: 'the header GUID is in RFC 4122 byte order instead of EFI order; Linux sees no table',
    advice: 'have the writer store the first three groups of each GUID little-endian',
  },
  'table-too-short': {
    severity: 'error',
    message: 'the table length is below its own header of 20 bytes; Linux refuses the area',
    advice: 'have the writer count the header of 20 bytes in the table length',
  },
  'table-larger-than-area': {
    severity: 'error',
    message: 'the table length is larger than the area; Linux refuses the area',
    advice:
      'build for a larger area, or move secrets to where there is room; a file may also have been cut',
  },
  'entry-too-short': {
    severity: 'error',
    message:
      'an entry length is below its own header of 20 bytes; the table is corrupt from here on',
    advice: 'have the writer count the header of 20 bytes in each entry length',
  },
  'entry-past-end': {
    severity: 'error',
    message: 'an entry reaches past the end of the table; the table is corrupt from here on',
    advice: 'compare the table length with the sum of the entries: the table may have been cut',
  },
  'entry-zeroed': {
    severity: 'error',
    message:
      'GUID and length are zero: an entry zeroed with its length, as GRUB does, or padding of 20 bytes or more that the table length counts; the table is corrupt from here on',
    advice: 'keep the length when wiping an entry, and leave padding out of the table length',
  },
  'duplicate-guid': {
    severity: 'error',
    message: 'this GUID occurred before; Linux shows no entry at all',
    advice: 'give each entry a GUID of its own, or wipe this GUID: then the others show again',
  },
  'duplicate-guid-unlisted': {
    severity: 'warning',
    message:
      'this GUID occurred before; Linux does not look this far, but may once earlier entries are wiped, and then refuses the area',
    advice: 'give each entry a GUID of its own',
  },
  'entry-unlisted': {
    severity: 'warning',
    message: 'from here on Linux lists nothing: it stops after 64 files',
    advice: 'put several secrets into one entry, or wipe entries that are no longer needed',
  },
  'guid-likely-typo': {
    severity: 'warning',
    message:
      'this GUID is only the example of the kernel documentation; disk passphrases use 736869e5-84f0-…',
    advice:
      'use 736869e5-84f0-4973-92ec-06879ce3da0b, which GRUB, libvirt, sevctl, EDK2 and SVSM know',
  },
  'guid-of-structure': {
    severity: 'warning',
    message: 'this GUID names a structure of the firmware, and no secret',
    advice: 'take the GUID of the usage, or a new one',
  },
  'trailing-bytes': {
    severity: 'note',
    message: 'fewer than 20 bytes follow the last entry; they are ignored',
    advice: 'nothing to do: some writers (aleph) count their padding in the table length',
  },
  'padding-extra-block': {
    severity: 'note',
    message: 'a whole block of padding follows a table that ends on one, as libvirt pads',
    advice: 'nothing to do unless the area is full: then the extra 16 bytes overflow it',
  },
  'padding-none': {
    severity: 'note',
    message: 'the image is not padded to blocks of 16 bytes, as EDK2 for Arm CCA and SVSM write it',
    advice: 'nothing to do: sealing pads',
  },
  'null-guid-unproven': {
    severity: 'note',
    message: 'wiped entries from here on; a null GUID does not prove that the data is zero',
    advice: 'verify the table: that reads the data of wiped entries, and of no others',
  },
  'null-guid-data-left': {
    severity: 'error',
    message:
      'live data under a null GUID: the entry is gone from Linux, its data is not gone from memory',
    advice: 'wipe all entries: that overwrites the data of wiped ones too',
  },
  'bytes-behind-table': {
    severity: 'warning',
    message: 'the area is not zero behind its table; no entry tells what that is',
    advice: 'find out who wrote there: a shorter table may have been put over a longer one',
  },
  'nul-for-grub': {
    severity: 'note',
    message:
      'a disk passphrase: if GRUB reads it, its last byte must be NUL, and counts in the length',
    advice: 'build with a NUL for GRUB, and without for systemd-cryptsetup, which takes every byte',
  },
};
