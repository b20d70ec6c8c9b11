import { render } from 'preact';

import { registerWorker } from './register-worker';

const root = document.getElementById('app');
if (root) render(<h1>Block Diary</h1>, root);
void registerWorker();
