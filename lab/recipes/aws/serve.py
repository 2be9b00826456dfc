"""Starts the AWS emulator with the lab's settings for which it has no option of its own.

ECS calls a deployment completed once its tasks have been steady for a while. The emulator waits one second, so that on a
busy machine a container that dies right after its start counts as deployed, which it would not in AWS.
"""

import os

from ministack.app import main
from ministack.services import ecs

import ecs_truth
import registry_truth

ecs._ECS_DEPLOYMENT_STEADY_DELAY = float(os.environ["LAB_ECS_STEADY_SECONDS"])
ecs_truth.apply()
registry_truth.apply()
main()
