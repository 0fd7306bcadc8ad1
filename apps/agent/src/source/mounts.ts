import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where filesystems of a type are mounted in this mount namespace (proc_pid_mountinfo(5)); empty where it cannot be told. */
export async function mountsOf(type: string, root = '/'): Promise<string[]> {
  const text = await readFile(join(root, 'proc/self/mountinfo'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return after.split(' ')[0] === type ? [unescape(before.split(' ')[4] ?? '')] : [];
  });
}

/** Spaces, tabs, line feeds and backslashes are written in octal. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
