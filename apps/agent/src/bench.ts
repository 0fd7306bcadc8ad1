import { benchLatency } from './bench/latency.ts';
import { benchWholeAgent } from './bench/whole-agent.ts';

await benchLatency();
await benchWholeAgent();
