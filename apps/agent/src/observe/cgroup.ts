export interface ControlGroup {
  path: string | null;
  /** The innermost systemd unit. */
  unit: string | null;
  /** The container that the process runs in; its runtime's monitor does not count as inside. */
  container: string | null;
}

const unitName = /^.+\.(service|scope|socket|mount|swap)$/;
const containerName = /^(?:(?<runtime>.*)[-:])?(?<id>[0-9a-f]{64})(?:\.scope)?$/;
const lxcName = /^lxc\.payload\.(?<id>.+)$/;

/** Reads `/proc/<pid>/cgroup`: one line for version 2, one for each hierarchy of version 1. */
export function parseControlGroup(text: string): ControlGroup {
  const path = controlGroupPath(text);
  const innermostFirst = (path ?? '').split('/').toReversed();
  return {
    path,
    unit: innermostFirst.find((part) => unitName.test(part)) ?? null,
    container: innermostFirst.map(containerOf).find((id) => id !== null) ?? null,
  };
}

/** Version 2 first; on a hybrid system its path may be the root while version 1's systemd hierarchy tells more. */
function controlGroupPath(text: string): string | null {
  const lines = text.split('\n').flatMap((line) => {
    const match = /^\d+:(?<controllers>[^:]*):(?<path>\/.*)$/.exec(line);
    return match?.groups === undefined ? [] : [match.groups];
  });
  const told = lines.filter((line) => line['path'] !== '/');
  const best =
    told.find((line) => line['controllers'] === '') ??
    told.find((line) => line['controllers'] === 'name=systemd') ??
    told[0] ??
    lines[0];
  return best?.['path'] ?? null;
}

function containerOf(part: string): string | null {
  const match = containerName.exec(part);
  if (match !== null) {
    const isMonitor = match.groups?.['runtime']?.endsWith('conmon') === true;
    return isMonitor ? null : (match.groups?.['id'] ?? null);
  }
  return lxcName.exec(part)?.groups?.['id'] ?? null;
}
