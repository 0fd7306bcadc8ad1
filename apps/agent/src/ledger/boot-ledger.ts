import { AgentError } from '../agent-error.ts';
import type { JournalView } from '../journal/journal-view.ts';
import { loadLedger, saveLedger } from './ledger-file.ts';
import { evolve, type Ledger } from './ledger.ts';

const recordsAtOnce = 1000;

/** The ledger of the running boot, which follows the journal: nothing enters it but by a durable record. */
export class BootLedger {
  readonly #path: string;
  readonly #journal: JournalView;
  readonly #ledger: Ledger;

  private constructor(path: string, journal: JournalView, ledger: Ledger) {
    this.#path = path;
    this.#journal = journal;
    this.#ledger = ledger;
  }

  static async open(path: string, journal: JournalView, boot: string): Promise<BootLedger> {
    const ledger = await loadLedger(path, boot);
    const part = journal.boots().find((known) => known.boot === boot);
    if (ledger.through + 1 < (part?.firstSeq ?? 0))
      throw new AgentError('state', `${path} is older than what the journal still holds.`);
    // A ledger that is ahead belongs to a journal that was removed.
    if (ledger.through >= (part?.nextSeq ?? 0))
      throw new AgentError(
        'state',
        `${path} is ahead of the journal: parts of the state are lost.`,
      );
    return new BootLedger(path, journal, ledger);
  }

  /** What the journal says up to its last record. */
  read(): Readonly<Ledger> {
    const ledger = this.#ledger;
    for (;;) {
      const records = this.#journal.readFrom(ledger.boot, ledger.through + 1, recordsAtOnce);
      for (const record of records) evolve(ledger, record);
      if (records.length < recordsAtOnce) return ledger;
    }
  }

  async save(): Promise<void> {
    await saveLedger(this.#path, this.read());
  }
}
