import { join } from 'node:path';

import { cache } from './cache.mjs';
import { buildInitramfs, buildLoader } from './guest-files.mjs';
import { buildHostImage } from './images.mjs';
import { buildKernel } from './kernel.mjs';

export const kernels = ['6.1', '6.12'];

/** Everything that a guest with that kernel boots from; what is missing of it is built. */
export function partsOf(version) {
  const kernel = buildKernel(version);
  return {
    kernel,
    initramfs: buildInitramfs(version, kernel),
    loader: buildLoader(),
    hostImage: buildHostImage(),
    agentImage: join(cache, 'agent.img'),
  };
}
