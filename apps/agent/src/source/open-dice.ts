/*
 * What:      /dev/open-dice0 and on: one reserved region of memory each, in which the firmware left what it derived from the
 *            device's secret (Android's Open Profile for DICE). A node is one secret, named as the node.
 * Read:      Never by the agent. read(2) does not give the content: it gives the region's size, a native unsigned long. The
 *            content can be mapped, which nothing announces, so reads are not seen.
 * Wipe:      Any write(2), of any length, zeroes the whole region. The agent writes one byte, and only to a node that is
 *            asked for by name. The node stays.
 * Traps:     A stray `echo > /dev/open-dice0` destroys everything. Only mapping would show the zeros, so a wipe is never
 *            verified. The region outlives a warm reboot where the firmware does not fill it anew.
 * Reference: drivers/misc/open-dice.c, Documentation/devicetree/bindings/reserved-memory/google,open-dice.yaml.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

import type { Capability, Source } from '@vestige/contract';

import { causeOf, errnoOf } from '../agent-error.ts';
import { openDiceNode, type OpenDiceNode } from './open-dice-node.ts';
import {
  alreadyGone,
  type Listing,
  refused,
  type SecretSource,
  type WipeResult,
} from './secret-source.ts';

const firstNode = '/dev/open-dice0';

/** The nodes that are there now; the first one's place where there is none. */
export function openDicePaths(directory = '/dev'): string[] {
  const names = readdirSync(directory).filter((name) => /^open-dice\d+$/.test(name));
  return names.length === 0 ? [firstNode] : names.map((name) => `${directory}/${name}`);
}

/** The node `path` as a source. `isNamed` tells whether somebody asked for this very node: else it is never written. */
export function openDice(
  path: string,
  isNamed: boolean,
  node: OpenDiceNode = openDiceNode,
): SecretSource {
  const source: Source = { kind: 'open-dice', path };
  return {
    source,
    watchKind: 'none',
    // The size never changes: the device need not be opened again.
    fingerprint: async () => (await node.look(path).catch(() => null))?.identity ?? null,
    list: () => list(source, node).catch(unlistable),
    wipe: async ({ name }) => {
      if (name !== basename(path)) return alreadyGone('This node is one secret of another name.');
      return isNamed ? wipe(path, node) : refused(notNamed(path));
    },
  };
}

const capabilities: Capability[] = ['whole-source-wipe', 'size-known-without-read', 'dangerous'];

const absent: Listing = {
  condition: 'absent',
  capabilities,
  detail: 'There is no such device: the kernel has no driver for it, or the firmware no region.',
  items: [],
  isComplete: true,
  identity: null,
};

async function list(source: Source, node: OpenDiceNode): Promise<Listing> {
  const found = await node.look(source.path);
  if (found === null) return absent;
  if (!found.isOpenDice) return { ...absent, detail: 'This is not a device of open-dice.' };
  const dataLength = await node.readSize(source.path);
  const secret = { source, name: basename(source.path), guid: null };
  return {
    condition: dataLength === 0 ? 'empty' : 'populated',
    capabilities: found.isWorldReadable ? [...capabilities, 'world-readable'] : capabilities,
    detail: 'One region: wiping it takes everything in it, and cannot be verified.',
    items: dataLength === 0 ? [] : [{ secret, dataLength, usage: 'Open Profile for DICE' }],
    isComplete: true,
    identity: found.identity,
  };
}

function unlistable(error: unknown): Listing {
  return { ...absent, detail: `Cannot be listed: ${causeOf(error)}.`, isComplete: false };
}

function notNamed(path: string): string {
  return `It would take everything at once: name the node, as in --source open-dice:${path}.`;
}

/** The driver says that it zeroed the region, and nothing but reading the secret's place would show it. */
async function wipe(path: string, node: OpenDiceNode): Promise<WipeResult> {
  try {
    const found = await node.look(path);
    if (found === null) return alreadyGone('There was no such device when the order came.');
    if (!found.isOpenDice) return refused('This is not a device of open-dice.');
    await node.writeOneByte(path);
    return {
      wiped: false,
      reason: 'not-verified',
      detail: 'The driver accepted the write that zeroes the whole region; nothing can verify it.',
    };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return alreadyGone('The device is gone.');
    return { wiped: false, reason: 'io-error', detail: `The write failed: ${causeOf(error)}.` };
  }
}
