"""Published clients of Wildberries and Ozon against the sandbox: they know it no better than the real marketplaces.

    clients.py SANDBOX_URL

Makes every call of the communication channels that a client has, lets it parse the answer into its own types, and looks
whether what it sent is there. Prints a line for each call and ends with 'N passed, N failed'.
"""

import asyncio
import json
import logging
import sys
import urllib.request

from ozonapi import SellerAPI, SellerAPIConfig
from ozonapi.seller.schemas import chats, questions, reviews
from wb_api_client import communications as wb

SANDBOX = sys.argv[1].rstrip("/")
TOKEN = "sandbox-demo-token"
OZON = {"client_id": "100001", "api_key": "sandbox-demo-ozon-key"}
REPLY = "Здравствуйте! Спасибо, что написали нам."

counts = {"passed": 0, "failed": 0}


def told(name, error=None):
    counts["failed" if error else "passed"] += 1
    words = f"FAILED {type(error).__name__}: {str(error)[:1500]}" if error else "ok"
    print(f"  {name}: {words}", flush=True)


def expect(is_so, what):
    if not is_so:
        raise AssertionError(what)


def buyer(path, body):
    """Lets a buyer of Wildberries write: it has no questions, chats and claims until then."""
    request = urllib.request.Request(
        f"{SANDBOX}/control/wildberries/demo/{path}",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def attempt(name, call):
    """Makes a call; a client that cannot read the answer costs that call alone."""
    try:
        result = call()
        told(name)
        return result
    except Exception as error:
        return told(name, error)


async def attempt_async(name, call):
    try:
        result = await call
        told(name)
        return result
    except Exception as error:
        return told(name, error)


def wildberries(path):
    settings = wb.Configuration(
        host=SANDBOX + path, access_token=TOKEN, ignore_operation_servers=True
    )
    return wb.CommunicationsApi(wb.ApiClient(settings))


def of_wildberries():
    """Reviews, questions, chats and claims, each read and written."""
    api = wildberries("")
    waiting = attempt("reviews", lambda: api.get_v1_feedbacks(is_answered=False, take=50, skip=0))
    attempt("reviews done", lambda: api.get_v1_feedbacks(is_answered=True, take=50, skip=0))
    attempt("archive", lambda: api.get_v1_feedbacks_archive(take=50, skip=0))
    attempt("unanswered reviews", api.get_v1_feedbacks_count_unanswered)
    attempt("reviews counted", lambda: api.get_v1_feedbacks_count(is_answered=False))
    attempt("news", api.get_v1_new_feedbacks_questions)
    review = waiting and waiting.data.feedbacks[0]
    if review:
        answer = {"id": review.id, "text": REPLY}
        attempt(
            "review answered",
            lambda: api.post_v1_feedbacks_answer(wb.PostV1FeedbacksAnswerRequest(**answer)),
        )
        attempt("answer is there", lambda: expect_answer(api.get_v1_feedback(id=review.id)))
        answer["text"] += " Ждём вас снова."
        attempt(
            "answer edited",
            lambda: api.patch_v1_feedbacks_answer(wb.PatchV1FeedbacksAnswerRequest(**answer)),
        )
    buyer("questions", {"text": "Подойдёт ли чехол к этой модели?"})
    asked = attempt("questions", lambda: api.get_v1_questions(is_answered=False, take=50, skip=0))
    attempt("unanswered questions", api.get_v1_questions_count_unanswered)
    attempt("questions counted", lambda: api.get_v1_questions_count(is_answered=False))
    question = asked and asked.data.questions[0]
    if question:
        attempt("question answered", lambda: answer_question(api, question.id))
        attempt("its answer is there", lambda: expect_answer(api.get_v1_question(id=question.id)))
    of_wildberries_chats()
    buyer("claims", {"comment": "Пришло не то, что заказывали."})
    returns = wildberries("/returns-api")
    claims = attempt("claims", lambda: returns.get_v1_claims(is_archive=False))
    if claims:
        decision = {"id": claims.claims[0].id, "action": "approve1"}
        attempt(
            "claim approved",
            lambda: returns.patch_v1_claim(wb.PatchV1ClaimRequest.from_dict(decision)),
        )


def answer_question(api, question_id):
    body = {"id": question_id, "answer": {"text": REPLY}, "state": "wbRu"}
    return api.patch_v1_questions(wb.PatchV1QuestionsRequest.from_dict(body))


def expect_answer(item):
    expect(item.data.answer and item.data.answer.text == REPLY, f"no answer in {item}")


def of_wildberries_chats():
    api = wildberries("/buyer-chat-api")
    files = [{"kind": "png", "name": "фото.png"}, {"kind": "pdf"}]
    buyer("chats", {"text": "Здравствуйте! Когда придёт заказ?", "files": files})
    listed = attempt("chats", api.get_v1_seller_chats)
    events = attempt("chat events", api.get_v1_seller_events)
    if events:
        attempt("more events", lambda: api.get_v1_seller_events(next=events.result.next))
    if listed:
        sign = listed.result[0].reply_sign
        attempt("message", lambda: api.post_v1_seller_message(reply_sign=sign, message=REPLY))


async def of_ozon():
    settings = SellerAPIConfig(base_url=f"{SANDBOX}/ozon")
    async with SellerAPI(config=settings, **OZON) as api:
        await of_ozon_reviews(api)
        await of_ozon_questions(api)
        await of_ozon_chats(api)


async def of_ozon_reviews(api):
    listed = await attempt_async("reviews", api.review_list(reviews.ReviewListRequest(limit=20)))
    await attempt_async("reviews counted", api.review_count())
    if not listed:
        return
    first = listed.reviews[0].id
    await attempt_async("review", api.review_info(reviews.ReviewInfoRequest(review_id=first)))
    comment = reviews.ReviewCommentCreateRequest(review_id=first, text=REPLY)
    made = await attempt_async("comment", api.review_comment_create(comment))

    async def comment_is_there():
        wanted = reviews.ReviewCommentListRequest(review_id=first, limit=20)
        found = await api.review_comment_list(wanted)
        ours = [it for it in found.comments if it.id == made.comment_id and it.text == REPLY]
        expect(len(ours) == 1 and ours[0].is_owner, f"no comment of ours in {found}")

    await attempt_async("comment is there", comment_is_there())
    seen = reviews.ReviewChangeStatusRequest(review_ids=[first], status="PROCESSED")
    await attempt_async("review processed", api.review_change_status(seen))


async def of_ozon_questions(api):
    wanted = questions.QuestionListRequest(limit=20, filter=questions.QuestionListFilter())
    listed = await attempt_async("questions", api.question_list(wanted))
    await attempt_async("questions counted", api.question_count())
    if not listed:
        return
    first = next(it for it in listed.questions if it.status == "NEW")
    whole = questions.QuestionInfoRequest(question_id=first.id)
    await attempt_async("question", api.question_info(whole))
    of_it = {"question_id": first.id, "sku": first.sku}
    answer = questions.QuestionAnswerCreateRequest(text=REPLY, **of_it)
    made = await attempt_async("answer", api.question_answer_create(answer))

    async def answer_is_there():
        found = await api.question_answer_list(questions.QuestionAnswerListRequest(**of_it))
        ours = [it for it in found.answers if it.id == made.answer_id and it.text == REPLY]
        expect(len(ours) == 1, f"no answer of ours in {found}")

    await attempt_async("answer is there", answer_is_there())


async def of_ozon_chats(api):
    listed = await attempt_async("chats", api.chat_list(chats.ChatListRequest(limit=30)))
    if not listed:
        return
    kind = ("BUYER_SELLER", "OPENED")
    chat = next(it.chat for it in listed.chats if (it.chat.chat_type, it.chat.chat_status) == kind)
    of_chat = {"chat_id": chat.chat_id}
    await attempt_async("history", api.chat_history(chats.ChatHistoryRequest(**of_chat)))
    message = chats.ChatSendMessageRequest(text=REPLY, **of_chat)
    await attempt_async("message", api.chat_send_message(message))

    async def message_is_there():
        found = await api.chat_history(chats.ChatHistoryRequest(limit=50, **of_chat))
        ours = [it for it in found.messages if it.user.type == "Seller" and REPLY in it.data]
        expect(len(ours) == 1, f"{len(ours)} messages of ours in {found}")

    await attempt_async("message is there", message_is_there())


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print("Wildberries")
    of_wildberries()
    print("Ozon")
    asyncio.run(of_ozon())
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)
