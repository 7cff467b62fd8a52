/* A text of one's own, as a document. */
import {signal} from '@preact/signals';
import {useRef} from 'preact/hooks';
import {library} from '../app/library.ts';
import {attempt} from '../app/log.ts';
import {go} from '../app/route.ts';
import {Button, Dialog} from '../ui/parts.tsx';

/** The collection that it goes into, while the dialog is open. */
export const pasting = signal<string | undefined>(undefined);

export function PasteDialog() {
  const title = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const collection = pasting.value;
  if (collection === undefined) return null;
  const close = () => {
    pasting.value = undefined;
  };
  const add = () => {
    const {value} = text.current!;
    if (value.trim() === '') {
      text.current!.focus();
      return;
    }
    close();
    go('library', {c: collection});
    attempt('The text could not be added', () => library.addText(collection, title.current!.value, value));
  };
  return (
    <Dialog title="Paste text" onClose={close}>
      <label class="field"><span>Title</span><input ref={title} type="text" maxLength={120} placeholder="A name to find it by" /></label>
      <label class="field"><span>Text</span><textarea ref={text} rows={12} autofocus placeholder="Text or Markdown" /></label>
      <footer class="row end"><Button onClick={close}>Cancel</Button><Button kind="primary" onClick={add}>Add</Button></footer>
    </Dialog>
  );
}
