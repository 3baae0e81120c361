"""``/v1/payments``: charge or authorize, capture, cancel, refund, look.

Not responsible for deciding (the spending service); plays the two scenarios of test mode that are about the authority itself.
"""

from collections.abc import Callable

from kiosk.authority.resources import MerchantCall, MerchantResource, Question
from kiosk.authority.services.guard import PauseKind
from kiosk.authority.services.pay.spending import Answered
from kiosk.authority.services.refused import TurnedAway
from kiosk.domain.card import Serial, parse_serial
from kiosk.domain.scenarios import Scenario, scenario_of
from kiosk.protocol.payments import (
    CancelPaymentRequest,
    CaptureRequest,
    PaymentAnswer,
    PaymentRequest,
    RefundRequest,
)
from kiosk.protocol.problems import ProblemKind

PAYMENTS = "/v1/payments"
SLOW_S = 8.0  # longer than a hasty client waits, shorter than a patient one
BUSY_RETRY_S = 1

_PAUSES = {
    PauseKind.SLOW_DOWN: (ProblemKind.SLOW_DOWN, "too many wrong codes lately"),
    PauseKind.HOSTED_ONLY: (ProblemKind.HOSTED_PAGE_ONLY, "too many wrong codes lately: make a checkout meanwhile"),
    PauseKind.SUSPENDED: (ProblemKind.MERCHANT_SUSPENDED, "far too many wrong codes lately"),
}


def _paused(call: MerchantCall) -> TurnedAway | None:
    caller = call.who.caller
    pause = None if caller.test else call.guard.may_present(merchant_no=caller.merchant_no)
    if pause is None:
        return None
    kind, detail = _PAUSES[pause.kind]
    return TurnedAway(kind, detail, retry_after_s=pause.retry_after_s)


def _pay(call: MerchantCall) -> Question | None:
    """The payment that is asked for, unless it is a rehearsal."""
    assert isinstance(call.message, PaymentRequest), "decoded as this"
    caller = call.who.caller
    if caller.test:
        return None
    guard, merchant_no = call.guard, caller.merchant_no
    return Question(
        call.authority.pay_question(caller, call.key, call.message),
        lambda outcome: guard.note(merchant_no=merchant_no, outcome=outcome),
    )


async def _rehearse(call: MerchantCall) -> Answered:
    """A payment in test mode, with the scenarios that its cards stand for."""
    assert isinstance(call.message, PaymentRequest), "decoded as this"
    question = call.authority.pay_question(call.who.caller, call.key, call.message)
    serials = [parse_serial(one.serial) for one in call.message.instruments]
    scenarios = {scenario_of(serial) for serial in serials if isinstance(serial, Serial)}
    if Scenario.BUSY in scenarios:
        raise TurnedAway(ProblemKind.BUSY, "this test card forces it", retry_after_s=BUSY_RETRY_S)
    answered: Answered = await call.runner.together(call.authority.spending.batch, question)
    if (
        Scenario.SLOW in scenarios
    ):  # after the decision: who lost patience and asks again under the same key finds the payment
        await call.pause(SLOW_S)
    return answered


def _follow(
    kind: type[CaptureRequest] | type[CancelPaymentRequest] | type[RefundRequest],
) -> Callable[[MerchantCall], Question]:
    def ask(call: MerchantCall) -> Question:
        assert isinstance(call.message, kind), "decoded as this"
        return Question(
            call.authority.follow_question(call.who.caller, call.key, call.params["payment_id"], call.message)
        )

    return ask


async def _look(call: MerchantCall) -> PaymentAnswer:
    return await call.runner.read(call.authority.payment_work(call.who.caller, call.params["payment_id"]))


RESOURCES = (
    MerchantResource(
        name="pay",
        method="POST",
        path=PAYMENTS,
        summary="Charge one or several cards, or hold the amount until it is captured.",
        request=PaymentRequest,
        answer=PaymentAnswer,
        question=_pay,
        stopped=_paused,
        handler=_rehearse,
        presents=True,
        takes_money=True,
    ),
    MerchantResource(
        name="payment",
        method="GET",
        path=f"{PAYMENTS}/{{payment_id}}",
        summary="How a payment stands now.",
        answer=PaymentAnswer,
        handler=_look,
    ),
    MerchantResource(
        name="capture",
        method="POST",
        path=f"{PAYMENTS}/{{payment_id}}/capture",
        summary="Take what is held, or a part; the rest goes back to the cards at once.",
        request=CaptureRequest,
        answer=PaymentAnswer,
        question=_follow(CaptureRequest),
        takes_money=True,
        refuses=True,
    ),
    MerchantResource(
        name="cancel_payment",
        method="POST",
        path=f"{PAYMENTS}/{{payment_id}}/cancel",
        summary="Give back what is held.",
        request=CancelPaymentRequest,
        answer=PaymentAnswer,
        question=_follow(CancelPaymentRequest),
        refuses=True,
    ),
    MerchantResource(
        name="refund",
        method="POST",
        path=f"{PAYMENTS}/{{payment_id}}/refunds",
        summary="Give captured money back to the cards that it came from, whole or in parts.",
        request=RefundRequest,
        answer=PaymentAnswer,
        question=_follow(RefundRequest),
        refuses=True,
    ),
)
