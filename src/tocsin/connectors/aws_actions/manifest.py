"""What the connector that acts in AWS says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

_HERE = "tocsin.connectors.aws_actions"

MANIFEST = Manifest(
    name="aws_actions",
    title="Actions and evidence in AWS",
    category=Category.ACTIONS,
    summary="Contains in IAM, ECS, EC2, SSM, WAF, GuardDuty and Cognito, and keeps evidence of them first.",
    settings=(
        ConnectorSetting(name="TOCSIN_AWS_REGION", hint="Where actions go that name no region."),
        ConnectorSetting(name="TOCSIN_AWS_URL", hint="Only for a proxy or a stand-in of AWS."),
    ),
    permissions=(
        PermissionWanted(name="iam:Get*, iam:List*", why="To keep evidence of roles and users."),
        PermissionWanted(name="cloudtrail:LookupEvents", why="To keep what an identity did."),
        PermissionWanted(name="logs:FilterLogEvents", why="To keep the logs of tasks."),
        PermissionWanted(name="ecs:Describe*, ecs:List*", why="To keep what runs."),
        PermissionWanted(name="ssm:GetParameterHistory", why="To keep a parameter's value and history."),
        PermissionWanted(name="ec2:CreateSnapshots", why="To keep the disks of an instance."),
        PermissionWanted(name="wafv2:Get*, wafv2:List*", why="To keep what the WAF blocks."),
        PermissionWanted(
            name="the rights of each action that is used", why="docs/actions-aws.md lists them by action."
        ),
    ),
    performers=f"{_HERE}.performers:PERFORMERS",
    collectors=f"{_HERE}.collectors:COLLECTORS",
    callers=(("aws", f"{_HERE}.caller:make"),),
)
