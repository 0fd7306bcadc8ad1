import { storeBehaviour } from './behaviour.ts';
import { openMemoryStore } from './memory.ts';

storeBehaviour('memory store', async () => openMemoryStore());
