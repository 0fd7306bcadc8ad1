import type { Terminal } from '../terminal.ts';

/** A crafted table of 16 MiB has more to tell than one string has room for, so it is told in pieces of so many lines. */
const pieceLength = 1000;

export async function printLines(lines: readonly string[], terminal: Terminal): Promise<void> {
  for (const piece of pieces(lines)) {
    terminal.print(piece.join('\n'));
    await terminal.printed?.();
  }
}

/** Prints what `JSON.stringify(value, null, 2)` gives. */
export async function printJson(value: object, terminal: Terminal): Promise<void> {
  terminal.print('{');
  const properties = Object.entries(value);
  for (const [at, [name, held]] of properties.entries()) {
    const end = at < properties.length - 1 ? ',' : '';
    await printProperty(`  ${JSON.stringify(name)}: `, held, end, terminal);
  }
  terminal.print('}');
}

async function printProperty(
  start: string,
  value: unknown,
  end: string,
  terminal: Terminal,
): Promise<void> {
  if (!Array.isArray(value) || value.length <= pieceLength) {
    terminal.print(`${start}${indented(value, 2)}${end}`);
    return;
  }
  terminal.print(`${start}[`);
  let left = value.length;
  for (const piece of pieces(value)) {
    left -= piece.length;
    const text = piece.map((element) => `    ${indented(element, 4)}`).join(',\n');
    terminal.print(left > 0 ? `${text},` : text);
    await terminal.printed?.();
  }
  terminal.print(`  ]${end}`);
}

function indented(value: unknown, blanks: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(blanks)}`);
}

function* pieces<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += pieceLength) {
    yield list.slice(from, from + pieceLength);
  }
}
