/** When the service took an entry in, as the entry says; null where it says nothing of the kind. */
export function recordedOf(entry: Uint8Array | undefined): string | null {
  if (entry === undefined) return null;
  try {
    const { recorded } = JSON.parse(Buffer.from(entry).toString()) as { recorded?: unknown };
    return typeof recorded === 'string' && isTime.test(recorded) ? recorded : null;
  } catch {
    return null;
  }
}

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
