/** Prints a measurement with the bound that is promised for it, and says by the exit code where one is broken. */
export function say(
  what: string,
  value: number,
  { atMost, unit }: { atMost: number; unit: string },
): void {
  const isKept = value <= atMost;
  if (!isKept) process.exitCode = 1;
  const verdict = isKept ? 'kept' : 'BROKEN';
  console.log(`${what}: ${round(value)} ${unit} (at most ${atMost} ${unit}: ${verdict})`);
}

export function sayAtLeast(
  what: string,
  value: number,
  { atLeast, unit }: { atLeast: number; unit: string },
): void {
  const isKept = value >= atLeast;
  if (!isKept) process.exitCode = 1;
  const verdict = isKept ? 'kept' : 'BROKEN';
  console.log(`${what}: ${round(value)} ${unit} (at least ${atLeast} ${unit}: ${verdict})`);
}

function round(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 });
}
