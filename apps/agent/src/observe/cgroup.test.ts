import { describe, expect, it } from 'vitest';

import { parseControlGroup } from './cgroup.ts';

const id = '4f1d8b6a0c2e4f1d8b6a0c2e4f1d8b6a0c2e4f1d8b6a0c2e4f1d8b6a0c2e4f1d';

describe('parseControlGroup', () => {
  it.each([
    ['a service', '0::/system.slice/cryptsetup.service\n', 'cryptsetup.service', null],
    ['a part of a service', '0::/system.slice/app.service/worker\n', 'app.service', null],
    [
      "a user's service",
      '0::/user.slice/user-1000.slice/user@1000.service/app.slice/editor.service\n',
      'editor.service',
      null,
    ],
    ['a login', '0::/user.slice/user-0.slice/session-3.scope\n', 'session-3.scope', null],
    ['docker under systemd', `0::/system.slice/docker-${id}.scope\n`, `docker-${id}.scope`, id],
    ['docker without systemd', `0::/docker/${id}\n`, null, id],
    [
      'containerd in Kubernetes',
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-${id}.scope\n`,
      `cri-containerd-${id}.scope`,
      id,
    ],
    ['containerd without systemd', `0::/kubepods/besteffort/pod1-2/${id}\n`, null, id],
    [
      'containerd with a slice in its name',
      `0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:${id}\n`,
      'containerd.service',
      id,
    ],
    ['podman', `0::/machine.slice/libpod-${id}.scope/container\n`, `libpod-${id}.scope`, id],
    [
      "podman's monitor, which is outside",
      `0::/machine.slice/libpod-conmon-${id}.scope\n`,
      `libpod-conmon-${id}.scope`,
      null,
    ],
    ['LXC', '0::/lxc.payload.web1/init.scope\n', 'init.scope', 'web1'],
    ['the root', '0::/\n', null, null],
  ])('tells unit and container of %s', (_, text, unit, container) => {
    expect(parseControlGroup(text)).toMatchObject({ unit, container });
  });

  it('prefers the systemd hierarchy of version 1 where version 2 shows the root', () => {
    const text = '9:name=systemd:/system.slice/a.service\n4:memory:/b\n0::/\n';
    expect(parseControlGroup(text)).toMatchObject({
      path: '/system.slice/a.service',
      unit: 'a.service',
    });
  });

  it('tells nothing where the file could not be read', () => {
    expect(parseControlGroup('')).toEqual({ path: null, unit: null, container: null });
  });
});
