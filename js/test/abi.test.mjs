import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {test} from 'node:test';
import {root} from './native.mjs';

test('abi.ts is what lode.h gives', () => {
  execFileSync(join(root, 'tools', 'make_js_abi.mjs'), ['--check'], {stdio: 'pipe'});
});
