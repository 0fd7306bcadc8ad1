import { createInterface } from 'node:readline';

/** QEMU's control channel (QMP): one command at a time. */
export class Monitor {
  #stream;
  #lines;

  constructor(stream) {
    this.#stream = stream;
    this.#lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  }

  open() {
    return this.execute('qmp_capabilities');
  }

  /** Events come in between, and the greeting before. */
  async execute(command) {
    this.#stream.write(`${JSON.stringify({ execute: command })}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('QEMU ended');
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(`${command}: ${answer.error.desc}`);
      if (answer.return !== undefined) return;
    }
  }
}
