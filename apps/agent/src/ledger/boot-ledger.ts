import { AgentError } from '../agent-error.ts';
import type { JournalView } from '../journal/journal-view.ts';
import type { Observer } from '../observe/observer.ts';
import { loadLedger, saveLedger } from './ledger-file.ts';
import { evolve, type Ledger } from './ledger.ts';

const recordsAtOnce = 1000;

/** The ledger of the running boot, which follows the journal: nothing enters it but by a durable record. */
export class BootLedger {
  readonly #path: string;
  readonly #journal: JournalView;
  readonly #ledger: Ledger;
  /** The last durable record, so that the journal is not read for nothing. */
  #lastSeq: number;

  private constructor(path: string, observer: JournalOwner, ledger: Ledger, lastSeq: number) {
    this.#path = path;
    this.#journal = observer.journal;
    this.#ledger = ledger;
    this.#lastSeq = lastSeq;
    observer.onRecorded((recorded) => {
      this.#lastSeq = recorded.lastSeq;
    });
  }

  static async open(path: string, observer: JournalOwner, boot: string): Promise<BootLedger> {
    const ledger = await loadLedger(path, boot);
    const part = observer.journal.boots().find((known) => known.boot === boot);
    const { firstSeq = 0, nextSeq = 0 } = part ?? {};
    if (ledger.through + 1 < firstSeq)
      throw new AgentError('state', `${path} is older than what the journal still holds.`);
    // A ledger that is ahead belongs to a journal that was removed.
    if (ledger.through >= nextSeq)
      throw new AgentError(
        'state',
        `${path} is ahead of the journal: parts of the state are lost.`,
      );
    const opened = new BootLedger(path, observer, ledger, nextSeq - 1);
    if (opened.read().through < nextSeq - 1)
      throw new AgentError('state', `The journal is damaged after record ${ledger.through}.`);
    return opened;
  }

  /** What the journal says up to its last record. */
  read(): Readonly<Ledger> {
    const ledger = this.#ledger;
    while (ledger.through < this.#lastSeq) {
      const records = this.#journal.readFrom(ledger.boot, ledger.through + 1, recordsAtOnce);
      if (records.length === 0) break;
      for (const record of records) evolve(ledger, record);
    }
    return ledger;
  }

  /** Whether no source can change, or be read, without the kernel telling so. */
  get isEachWatched(): boolean {
    const reports = [...this.read().sources.values()];
    return reports.every(({ method }) => method === 'fanotify-permission');
  }

  async save(): Promise<void> {
    await saveLedger(this.#path, this.read());
  }
}

type JournalOwner = Pick<Observer, 'journal' | 'onRecorded'>;
