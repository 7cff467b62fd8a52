/* What has happened, for the Status page: of this tab alone, and never sent anywhere. */
import {signal} from '@preact/signals';
import type {LogEntry} from '../worker/types.ts';

const MOST = 500;

export const entries = signal<readonly LogEntry[]>([]);
/** Shown until it is dismissed. */
export const trouble = signal<string | undefined>(undefined);

export function record(entry: LogEntry): void {
  entries.value = [...entries.value.slice(1 - MOST), entry];
}

export function log(level: LogEntry['level'], text: string): void {
  record({time: Date.now(), level, text});
}

/** Something that a person asked for has failed. */
export function report(what: string, error: unknown): void {
  const text = `${what}: ${error instanceof Error ? error.message : String(error)}`;
  log('error', text);
  trouble.value = text;
}

/** Do what a button says, and tell where it fails. */
export function attempt(what: string, work: () => Promise<unknown>): void {
  work().catch((error: unknown) => report(what, error));
}
