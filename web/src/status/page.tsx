/* Status: what this app is running on, and what has happened. Errors anywhere lead here. */
import './status.css';
import {useEffect, useState} from 'preact/hooks';
import {state} from '../app/library.ts';
import {entries, log} from '../app/log.ts';
import {Button} from '../ui/parts.tsx';
import {EngineSection} from './engine.tsx';
import {ModelsSection} from './models.tsx';
import {PageSection, StorageSection, lookAtStorage, type Kept} from './storage.tsx';

function logText(): string {
  const lines = entries.value.map(({time, level, text}) => `${new Date(time).toISOString()} ${level} ${text}`);
  return [`app ${__APP_VERSION__}, lode ${__LODE_VERSION__}`, navigator.userAgent,
    `isolated ${globalThis.crossOriginIsolated}, ${navigator.hardwareConcurrency} processors`, ...lines].join('\n');
}

function LogSection() {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(logText()).then(() => setCopied(true), (error: Error) => log('warning', `not copied: ${error.message}`));
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <section class="card section" aria-labelledby="log">
      <header><h2 id="log">What has happened</h2>
        <Button small icon={copied ? 'check' : 'copy'} onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button></header>
      {entries.value.length === 0 ? <p class="quiet">Nothing yet.</p> : (
        <ol class="log" tabIndex={0} aria-label="Log">
          {entries.value.toReversed().map(({time, level, text}) => (
            <li key={`${time}${text}`} class={level}><time>{new Date(time).toLocaleTimeString()}</time> <span>{text}</span></li>
          ))}
        </ol>
      )}
      <p class="quiet">Of this tab, and kept nowhere. It has names of files in it: look before you send it to somebody.</p>
    </section>
  );
}

export function StatusPage() {
  const [kept, setKept] = useState<Kept>();
  const look = () => void lookAtStorage().then(setKept, (error: Error) => log('error', `storage: ${error.message}`));
  const ready = state.value.role !== 'starting';
  useEffect(() => {
    if (ready) look();
  }, [ready, state.value.models.length, state.value.collections.length]);
  return (
    <div class="plain-page status-page">
      <header class="page-head"><div class="page-title"><h1>Status</h1>
        <p class="quiet">What this app runs on here. Every figure is of this browser, now.</p></div></header>
      <EngineSection />
      <ModelsSection free={kept && kept.quota > 0 ? kept.quota - kept.usage : undefined} />
      <StorageSection kept={kept} again={look} />
      <PageSection />
      <LogSection />
    </div>
  );
}
