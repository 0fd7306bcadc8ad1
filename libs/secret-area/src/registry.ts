/** The usage that a GUID designates, where public sources name one. */
export function knownUsage(guid: string): string | undefined {
  return usages.get(guid.toLowerCase());
}

/** Occurs only in the kernel's documentation; every real producer writes `diskPassphraseGuid`. */
export const documentationGuid = '736870e5-84f0-4973-92ec-06879ce3da0b';
export const diskPassphraseGuid = '736869e5-84f0-4973-92ec-06879ce3da0b';

const usages = new Map([
  [diskPassphraseGuid, 'LUKS/GRUB disk passphrase (luks-key)'],
  [documentationGuid, 'kernel documentation example, likely a typo of 736869e5'],
  ['83c83f7f-1356-4975-8b7e-d3a0b54312c6', 'kernel documentation example'],
  ['9553f55d-3da2-43ee-ab5d-ff17f78864d2', 'kernel documentation example'],
  ['e6f5a162-d67f-4750-a67c-5d065f2a9910', 'CoCo/kata offline key bundle'],
  ['1ee27366-0c87-43a6-af48-28543eaf7cb0', 'CoCo online connection'],
  ['2cf13667-ea72-4013-9dd6-155e89c5a28f', 'simple-kbs unit test'],
  ['736869e5-aaaa-4973-92ec-06879ce3da0b', 'sevctl unit test'],
  ['23058844-597b-42fb-8259-a0f5d9d495af', 'sevctl unit test'],
  ['0a46e24d-478c-4eb1-8696-113eeec3aa99', 'simple-kbs client example'],
  ['ca52112c-90eb-413b-9a70-4dc67d603d55', 'Vestige agent enrolment'],
]);
