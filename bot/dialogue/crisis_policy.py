"""The policy that answers a crisis before anything else, in every state of a form."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_DEACTIVATE_LOOP_NAME, ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.safety.crisis import IMMEDIATE

UTTER_CRISIS = "utter_crisis"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False
)
class CrisisPolicy(Policy):
    """Predicts the crisis reply, the end of any form, and then listening.

    ``is_no_user_prediction`` lets it win over a form that would otherwise take the message as the
    answer to its question; a priority alone does not. It needs no action server.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Return the priority above RulePolicy's 6."""
        return {"priority": 100}

    def train(
        self,
        training_trackers: List[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Learn nothing: the rule is fixed."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Return the next step of the crisis reply, or no opinion."""
        probabilities = [0.0] * domain.num_actions
        step = self._next_step(tracker)
        if step is None:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(step)] = 1.0
        return self._prediction(probabilities, is_no_user_prediction=True)

    @staticmethod
    def _next_step(tracker: DialogueStateTracker) -> Optional[str]:
        message = tracker.latest_message
        sign = (message.parse_data.get("crisis") if message else None) or {}
        if sign.get("level") != IMMEDIATE:
            return None
        done = []
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                break
            if isinstance(event, ActionExecuted):
                done.append(event.action_name)
        if UTTER_CRISIS not in done:
            return UTTER_CRISIS
        if tracker.active_loop_name and ACTION_DEACTIVATE_LOOP_NAME not in done:
            return ACTION_DEACTIVATE_LOOP_NAME
        return ACTION_LISTEN_NAME
