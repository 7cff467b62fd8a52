/* What is on its way into the library: how far, each file, and what could not be read. */
import {useState} from 'preact/hooks';
import {library, work} from '../app/library.ts';
import {attempt} from '../app/log.ts';
import {bytes, count, number, seconds} from '../ui/format.ts';
import {Icon} from '../ui/icons.tsx';
import {Button, Meter, Notice} from '../ui/parts.tsx';
import type {Task} from '../worker/types.ts';

function stepText({step, detail}: Task): string {
  if (step === 'failed') return detail ?? 'failed';
  if (step === 'waiting') return 'waiting';
  return step === 'reading' ? `reading${detail ? `, ${detail}` : ''}` : 'indexing';
}

function TaskRow({task}: {task: Task}) {
  const {collection, id, size, step} = task;
  return (
    <li class={`task ${step}`}>
      <span class="task-name" title={id}>{id}</span>
      <span class="task-step">{stepText(task)}</span>
      <span class="task-size">{bytes(size)}</span>
      {step === 'failed' && <Button icon="refresh" kind="quiet" small label={`Try ${id} again`}
        onClick={() => attempt('The file could not be queued', () => library.retry(collection, id))} />}
      <Button icon="close" kind="quiet" small label={step === 'failed' ? `Dismiss ${id}` : `Leave ${id} out`}
        onClick={() => attempt('The file could not be taken out', () => library.cancel(collection, id))} />
    </li>
  );
}

export function WorkPanel() {
  const [open, setOpen] = useState(true);
  const {waiting, failed, done, total, taking, tasks, paused, stopped, rate} = work.value;
  if (waiting === 0 && failed === 0 && taking === 0) return null;
  const active = waiting > 0 || taking > 0;
  const left = rate > 0 ? `, about ${seconds(waiting / rate)} left` : '';
  return (
    <section class="work card" aria-label="Indexing">
      <header class="work-head">
        <div class="work-text" role="status">
          <b>{active ? (paused ? 'Paused' : stopped ? 'Stopped' : 'Indexing') : `${count(failed, 'file')} could not be read`}</b>
          {active && <span>{number(done)} of {number(total)}{paused || stopped ? '' : left}</span>}
          {rate > 0 && active && !paused && <span class="quiet">{rate.toFixed(rate < 10 ? 1 : 0)} documents a second</span>}
          {active && failed > 0 && <span class="bad">{failed} failed</span>}
        </div>
        <div class="row">
          {active && (paused || stopped
            ? <Button icon="play" small onClick={() => attempt('Indexing could not go on', library.resume)}>Go on</Button>
            : <Button icon="pause" small onClick={() => attempt('Indexing could not pause', library.pause)}>Pause</Button>)}
          <Button small onClick={() => attempt('The files could not be taken out', () => library.cancel())}>
            {active ? 'Cancel' : 'Dismiss all'}</Button>
          <Button small kind="quiet" pressed={open} onClick={() => setOpen(!open)}>Files</Button>
        </div>
      </header>
      {active && <Meter value={done} max={total} label={`${done} of ${total} files indexed`} />}
      {taking > 0 && <p class="quiet">Reading {count(taking, 'file')} from the disk: keep this tab open for that.</p>}
      {stopped && <Notice kind="error">{stopped}</Notice>}
      {open && <ul class="tasks" aria-label="Files">{tasks.map((task) => <TaskRow key={`${task.collection}:${task.id}`} task={task} />)}</ul>}
      {open && waiting + failed > tasks.length && <p class="quiet more"><Icon name="more" /> and {`${number(waiting + failed - tasks.length)} more`}</p>}
    </section>
  );
}
