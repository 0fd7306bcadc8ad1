// `npm start`: sets up, then starts API, dashboard and demo fleet.
import { setUp } from './setup.mjs';

setUp();
const { start } = await import('./dist/start.js');
await start();
