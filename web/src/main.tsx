import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/search.css';
import './style/library.css';
import {render} from 'preact';
import {startLibrary} from './app/library.ts';
import {log} from './app/log.ts';
import {Shell} from './app/shell.tsx';
import {startUpdates} from './app/updates.ts';

addEventListener('error', (event) => log('error', event.message));
addEventListener('unhandledrejection', (event) => log('error', String((event.reason as Error)?.message ?? event.reason)));

startLibrary();
render(<Shell />, document.getElementById('app')!);
addEventListener('load', () => void startUpdates());
