"""Every action of AWS; it loads without AWS's SDK and without settings."""

from __future__ import annotations

from tocsin.connectors.aws_actions import (
    cloudtrail,
    cognito,
    ec2,
    ecs,
    guardduty,
    iam_roles,
    iam_users,
    s3,
    schedules,
    secretsmanager,
    ssm,
    waf_block,
    waf_rate,
)
from tocsin.domain.acting import Performer

PERFORMERS: tuple[Performer, ...] = (
    *iam_roles.PERFORMERS,
    *iam_users.PERFORMERS,
    *cloudtrail.PERFORMERS,
    *ecs.PERFORMERS,
    *ssm.PERFORMERS,
    *secretsmanager.PERFORMERS,
    *s3.PERFORMERS,
    *ec2.PERFORMERS,
    *waf_block.PERFORMERS,
    *waf_rate.PERFORMERS,
    *guardduty.PERFORMERS,
    *cognito.PERFORMERS,
    *schedules.PERFORMERS,
)
