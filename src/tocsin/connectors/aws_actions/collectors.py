"""Every collector of AWS; it loads without AWS's SDK and without settings."""

from __future__ import annotations

from tocsin.connectors.aws_actions import cloudtrail, ec2, identities, s3, ssm, task_logs, waf_state
from tocsin.domain.acting import Collector

COLLECTORS: tuple[Collector, ...] = (
    *task_logs.COLLECTORS,
    *cloudtrail.COLLECTORS,
    *identities.COLLECTORS,
    *ssm.COLLECTORS,
    *s3.COLLECTORS,
    *waf_state.COLLECTORS,
    *ec2.COLLECTORS,
)
