#!/bin/bash
# dracut module of the Vestige agent @VERSION@: takes the agent into the initramfs and starts it there, before whatever
# reads a secret to open the disks. It needs systemd in the initramfs.

check() {
    require_binaries /usr/bin/node || return 1
    [[ -e /opt/vestige-agent/vestige-agent.mjs && -e /etc/vestige-agent/vestige-agent.conf ]]
}

depends() {
    echo systemd
}

installkernel() {
    hostonly='' instmods efi_secret
}

install() {
    inst_multiple /usr/bin/node sh rm timeout sleep grep
    inst_libdir_file 'libstdc++.so*' 'libgcc_s.so*' 'libm.so*'
    inst_multiple /opt/vestige-agent/{vestige-agent.mjs,koffi.node} /etc/vestige-agent/vestige-agent.conf
    inst_multiple -o /etc/vestige-agent/enrolment-token
    # The root directory of the disk does not exist yet: what the agent keeps lies in /run, and so survives the switch.
    cat > "$initdir$systemdsystemunitdir/vestige-agent.service" << 'UNIT'
[Unit]
DefaultDependencies=no
After=systemd-modules-load.service
Before=cryptsetup-pre.target initrd-root-device.target
Wants=cryptsetup-pre.target
Conflicts=initrd-switch-root.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=/etc/vestige-agent/vestige-agent.conf
ExecStart=/usr/bin/node --max-semi-space-size=1 /opt/vestige-agent/vestige-agent.mjs run \
  --api=${VESTIGE_API} --state-dir=/run/vestige-agent \
  --enrolment-token-file=/etc/vestige-agent/enrolment-token $VESTIGE_OPTIONS
ExecStartPre=-/bin/rm -f /run/vestige-agent/status.json
ExecStartPost=-/usr/bin/timeout 30 /bin/sh -c 'until grep -qs "^inotify wd" /proc/${MAINPID}/fdinfo/* || \
  grep -qs "condition.*absent" /run/vestige-agent/status.json; do sleep 0.1; done'
UMask=0077
Restart=always
RestartSec=1
UNIT
    $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target vestige-agent.service
}
