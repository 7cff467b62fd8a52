/* Small parts that pages are made of. */
import type {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {Icon, type IconName} from './icons.tsx';

interface ButtonProps {
  icon?: IconName;
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  /** Where the icon is all that is seen. */
  label?: string;
  disabled?: boolean;
  pressed?: boolean;
  small?: boolean;
  onClick(event: MouseEvent): void;
  children?: ComponentChildren;
}

export function Button({icon, kind = 'plain', label, disabled, pressed, small, onClick, children}: ButtonProps) {
  const only = children === undefined;
  return (
    <button type="button" class={`button ${kind}${only ? ' icon-only' : ''}${small ? ' small' : ''}`}
      aria-label={label} title={only ? label : undefined} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

interface Action {
  text: string;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  onClick(): void;
}

/** A button with a list of what can be done; Escape and a click elsewhere close it. */
export function Menu({label, actions}: {label: string; actions: Action[]}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = () => root.current!.querySelector<HTMLButtonElement>('button')!;
  const items = () => [...root.current!.querySelectorAll<HTMLButtonElement>('[role=menuitem]:not(:disabled)')];

  useEffect(() => {
    if (!open) return;
    items()[0]?.focus();
    const close = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, [open]);

  const onKey = (event: KeyboardEvent) => {
    if (!open) return;
    const list = items();
    const at = list.indexOf(document.activeElement as HTMLButtonElement);
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') {
      setOpen(false);
      button().focus();
      if (event.key === 'Escape') event.stopPropagation();
    } else if (step !== undefined) {
      event.preventDefault();
      list[(at + step + list.length) % list.length]?.focus();
    }
  };

  return (
    <div class="menu" ref={root} onKeyDown={onKey}>
      <button type="button" class="button quiet icon-only" aria-label={label} title={label} aria-haspopup="menu"
        aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="more" /></button>
      {open && (
        <div class="menu-list" role="menu" aria-label={label}>
          {actions.map(({text, icon, danger, disabled, onClick}) => (
            <button type="button" role="menuitem" class={danger ? 'danger' : ''} disabled={disabled} onClick={() => {
              setOpen(false);
              button().focus();
              onClick();
            }}>{icon && <Icon name={icon} />}<span>{text}</span></button>
          ))}
        </div>
      )}
    </div>
  );
}

interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

export function Dialog({title, onClose, children}: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby="dialog-title" onClose={onClose}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}>
      <div class="dialog-inside">
        <header><h2 id="dialog-title">{title}</h2><Button icon="close" kind="quiet" label="Close" onClick={onClose} /></header>
        {children}
      </div>
    </dialog>
  );
}

export function Meter({value, max, label}: {value: number; max: number; label: string}) {
  return <progress class="meter" value={max > 0 ? value : undefined} max={max > 0 ? max : undefined} aria-label={label} />;
}

/** What a place says that has nothing in it; `page`: it is all that the page has. */
export function Empty({icon, title, page, children}:
  {icon: IconName; title: string; page?: boolean; children: ComponentChildren}) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} /></span>
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}

export function Notice({kind, children}: {kind: 'info' | 'warning' | 'error'; children: ComponentChildren}) {
  return (
    <div class={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <Icon name={kind === 'info' ? 'lock' : 'warn'} /><div>{children}</div>
    </div>
  );
}
