import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Random bytes planted as a secret, and every spelling in which they could leak. */
export class Canary {
  readonly bytes = randomBytes(48);
  readonly #spellings: readonly Buffer[];

  constructor() {
    const hex = this.bytes.toString('hex');
    // Without the first and the last 3 bytes, base64 within a longer text is found at whatever offset it starts.
    const base64 = [0, 1, 2].map((skip) => {
      const aligned = this.bytes.subarray(skip, skip + 42).toString('base64');
      return aligned.slice(0, 56);
    });
    this.#spellings = [
      this.bytes,
      Buffer.from(this.bytes.toReversed()),
      ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text)),
      ...base64.map((text) => Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'))),
      Buffer.from(encodeURIComponent(this.bytes.toString('latin1'))),
      Buffer.from(this.bytes.toString('latin1'), 'utf16le'),
      Buffer.from(hex, 'utf16le'),
    ];
  }

  isIn(content: Buffer): boolean {
    return this.#spellings.some((spelling) => content.includes(spelling));
  }

  /** Every file below the folders that holds it, in any spelling. */
  filesBelow(...folders: string[]): string[] {
    return folders
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        ),
      )
      .filter((path) => statSync(path).isFile() && this.isIn(readFileSync(path)));
  }
}
