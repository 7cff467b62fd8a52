/* What the parts of the library's worker share. */
import type {Database} from './database.ts';
import type {LogEntry} from './types.ts';

export interface Context {
  db: Database;
  /** Files can be kept. */
  files: boolean;
  /** The page's address, which everything beside it is relative to. */
  base: string;
  /** Something that the page shows has changed. */
  changed(): void;
  log(level: LogEntry['level'], text: string): void;
}
