/**
 * - `usage`: an entry of this GUID is a secret for somebody.
 * - `example`: found in documentation and tests only.
 * - `structure`: not an entry; it marks something else that lies near secret tables.
 */
export type GuidKind = 'usage' | 'example' | 'structure';

export interface KnownGuid {
  guid: string;
  kind: GuidKind;
  meaning: string;
  /** What the data looks like. */
  form?: string;
  /** Who writes or reads it. */
  source?: string;
}

/** Occurs only in the kernel's documentation; every real producer writes `diskPassphraseGuid`. */
export const documentationGuid = '736870e5-84f0-4973-92ec-06879ce3da0b';
export const diskPassphraseGuid = '736869e5-84f0-4973-92ec-06879ce3da0b';

const rows: [GuidKind, guid: string, meaning: string, form: string, source: string][] = [
  [
    'usage',
    diskPassphraseGuid,
    'LUKS/GRUB disk passphrase (luks-key)',
    'GRUB: ends in NUL; crypttab and systemd: the bytes as they are',
    'GRUB efisecret, libvirt, sevctl, EDK2 CocoSecret.h, SVSM, aleph',
  ],
  [
    'usage',
    'e6f5a162-d67f-4750-a67c-5d065f2a9910',
    'CoCo/kata offline key bundle',
    'JSON: key id to base64',
    'simple-kbs, offline_sev_kbc',
  ],
  [
    'usage',
    '1ee27366-0c87-43a6-af48-28543eaf7cb0',
    'CoCo online connection',
    'JSON {client_id, key}',
    'online_sev_kbc, kata',
  ],
  [
    'usage',
    'ca52112c-90eb-413b-9a70-4dc67d603d55',
    'Vestige agent enrolment',
    'JSON {api, token, logKey}',
    'Vestige',
  ],
  [
    'example',
    documentationGuid,
    'kernel documentation example, likely a typo of 736869e5',
    'any',
    'Linux coco.rst',
  ],
  [
    'example',
    '83c83f7f-1356-4975-8b7e-d3a0b54312c6',
    'kernel documentation example',
    'any',
    'Linux coco.rst',
  ],
  [
    'example',
    '9553f55d-3da2-43ee-ab5d-ff17f78864d2',
    'kernel documentation example',
    'any',
    'Linux coco.rst',
  ],
  [
    'example',
    '2cf13667-ea72-4013-9dd6-155e89c5a28f',
    'simple-kbs unit test',
    'any',
    'simple-kbs request.rs',
  ],
  [
    'example',
    '736869e5-aaaa-4973-92ec-06879ce3da0b',
    'sevctl unit test',
    'any',
    'sevctl secretbuild.rs',
  ],
  [
    'example',
    '23058844-597b-42fb-8259-a0f5d9d495af',
    'sevctl unit test',
    'any',
    'sevctl secretbuild.rs',
  ],
  [
    'example',
    '0a46e24d-478c-4eb1-8696-113eeec3aa99',
    'simple-kbs client example',
    'any',
    'simple-kbs LaunchVM.py',
  ],
  [
    'structure',
    '1e74f542-71dd-4d66-963e-ef4287ff173b',
    'header of a secret table',
    'GUID, u32 length',
    'Linux, GRUB, EDK2, sevctl, libvirt, SVSM',
  ],
  [
    'structure',
    'adf956ad-e98c-484c-ae11-b51c7d336447',
    'EFI configuration table that publishes the area',
    '{u64 base, u64 size}',
    'Linux, EDK2 SecretDxe.c',
  ],
  [
    'structure',
    '4c2eb361-7d9b-4cc3-8081-127c90d3d294',
    'OVMF reset vector: SEV secret block',
    '{u32 base, u32 size}',
    'EDK2, QEMU',
  ],
  [
    'structure',
    '96b582de-1fb2-45f7-baea-a366c55a082d',
    'OVMF reset vector: footer of its GUID table',
    'u16 length',
    'EDK2, QEMU',
  ],
  [
    'structure',
    '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
    'OVMF reset vector: SEV-ES reset block',
    'u32 address',
    'EDK2, QEMU',
  ],
  [
    'structure',
    '7255371f-3a3b-4b04-927b-1da6efa8d454',
    'OVMF reset vector: hash table block',
    '{u32 base, u32 size}',
    'EDK2, QEMU',
  ],
  [
    'structure',
    'dc886566-984a-4798-a75e-5585a7bf67cc',
    'OVMF reset vector: SEV metadata',
    'u32 offset',
    'EDK2',
  ],
  [
    'structure',
    'a789a612-0597-4c4b-a49f-cbb1fe9d1ddd',
    'SVSM info block',
    'SVSM metadata',
    'EDK2, SVSM',
  ],
  [
    'structure',
    '9438d606-4f22-4cc9-b479-a793d411fd21',
    'measured hashes of kernel, initrd and command line',
    'u16 lengths; not secret',
    'sevctl, libvirt, QEMU',
  ],
];

export const knownGuids: readonly KnownGuid[] = rows.map(([kind, guid, meaning, form, source]) => ({
  guid,
  kind,
  meaning,
  form,
  source,
}));
