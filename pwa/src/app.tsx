import { render } from 'preact';

const root = document.getElementById('app');
if (root) render(<h1>Block Diary</h1>, root);
void navigator.serviceWorker?.register('/sw.js');
