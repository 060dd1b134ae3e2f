/** The editor's text and what may be done with it. The text is the operator's: only the operator's own actions change it. */
import { useState } from "react";
import { mayStand } from "@/features/interactions/reply-state";
import { isBack, useSendReply, type Attempt } from "@/features/interactions/replies";
import { keptFiles, messagesOf, useUploads, type KeptFile, type Upload } from "@/features/interactions/files";
import { keepFile, keepUnsent, useUnsent, type Purpose, type Unsent } from "@/features/interactions/unsent";
import type { Interaction, Reply } from "@/lib/api/types";
import { lastOfBuyer } from "./chat-feed";
import { judge, type Verdict } from "./composer-rules";
import { useReplyCheck, type ReplyCheck } from "./useReplyCheck";

export interface Editor {
  /** What the text would be sent as; nothing when neither an answer nor an edit is possible. */
  purpose: Purpose | undefined;
  text: string;
  unsent: Unsent | undefined;
  verdict: Verdict;
  check: ReplyCheck;
  isAsking: "again" | "replace" | undefined;
  focusRequest: number;
  /** Files that go with the text, and those on their way to the server. */
  files: readonly KeptFile[];
  uploads: readonly Upload[];
  attach: (files: readonly File[]) => void;
  removeFile: (file: KeptFile) => void;
  dismissUpload: (key: string) => void;
  change: (text: string) => void;
  send: (andNext: boolean) => void;
  /** Absent where what is written takes several messages. */
  sendLater: ((at: string) => void) | undefined;
  retry: () => void;
  /** Puts the text that did not go out into the editor. */
  takeBack: () => void;
  acceptDraft: (andEdit: boolean) => void;
  /** Sends the draft as it is; where the operator has written something, it is offered instead. */
  sendDraft: () => void;
  beginEdit: () => void;
  cancelEdit: () => void;
  /** Takes note of what changed meanwhile, so that it is not said again. */
  acknowledge: () => void;
  discard: () => void;
  confirm: () => void;
  dismiss: () => void;
}

/** What is sent at once, as the operator sees it. */
interface Letter {
  text: string;
  files: KeptFile[];
  /** When to send it; at once unless given. */
  at?: string;
  /** The draft that it is, where it never stood in the editor. */
  draftId?: string;
}

const NO_FILES: readonly KeptFile[] = [];

type Question =
  | { about: "again"; letter: Letter; andNext: boolean }
  | { about: "replace"; text: string; draftId: string | undefined; andEdit: boolean };

export function useEditor(
  item: Interaction,
  userId: string,
  history: readonly Reply[] | undefined,
  attempt: Attempt | undefined,
  onSentAndNext: () => void,
  outerFocusRequest: number,
): Editor {
  const id = item.interaction_id;
  const answer = useUnsent(userId, "answer", id);
  const edit = useUnsent(userId, "edit", id);
  const [isEditing, setEditing] = useState(false);
  const [question, setQuestion] = useState<Question>();
  const [innerFocusRequest, setFocusRequest] = useState(0);
  const sendReply = useSendReply();

  const { reply, chat } = item;
  const isChat = chat !== null;
  // The words of a rejection are no answer that could be sent again.
  const isRefused = reply !== null && isBack(reply);
  // An edit that a person took back is no longer wanted.
  const isTurnedDown = isRefused && reply.state !== "cancelled";
  const wantsEdit = isEditing || edit !== undefined || (isTurnedDown && reply.kind === "edit");
  // A chat is written in one message after another: its editor stays, and says when nothing can be sent.
  const purpose =
    item.can_answer.allowed || (isChat && !item.erased)
      ? "answer"
      : item.can_edit.allowed && wantsEdit
        ? "edit"
        : undefined;

  const unsent = purpose === "edit" ? edit : answer;
  const live = history?.findLast((version) => version.state === "published" || version.state === "sent");
  const failed =
    attempt?.status === "error"
      ? attempt.sent.left
      : { text: isRefused ? reply.text : "", files: isRefused ? keptFiles(reply) : [] };
  const initial = isChat
    ? ""
    : isRefused
      ? reply.text
      : purpose === "edit"
        ? (live?.text ?? reply?.text ?? "")
        : "";
  const text = unsent?.text ?? initial;
  const base = {
    baseReplyId: reply?.reply_id ?? null,
    baseRevisions: item.content.revisions,
    baseMessageId: chat ? lastOfBuyer(chat.messages) : undefined,
  };
  const files = (purpose === "answer" && item.limits.files && unsent?.files) || NO_FILES;
  const since = () => {
    const { baseReplyId, baseRevisions, baseMessageId } = unsent ?? base;
    return { text, baseReplyId, baseRevisions, baseMessageId };
  };
  const uploads = useUploads(item, files, (file) => keepFile(userId, id, since(), file));
  const barred = isChat
    ? attempt?.status === "pending"
      ? "Предыдущее сообщение отправляется."
      : (item.can_answer.reason ?? (uploads.isUploading ? "Файл ещё загружается." : undefined))
    : undefined;
  const check = useReplyCheck(item, purpose !== undefined, text);
  // What our own rules had against a text they say anew of the text as it stands, and beside what the buyer says now.
  const isAskedAnew = attempt?.problem?.code === "reply_blocked" && check.isOfText;
  const turnedDown =
    attempt?.status === "error" && attempt.problem?.status === 422 && !isAskedAnew
      ? attempt.sent.text
      : reply?.state === "rejected"
        ? reply.text
        : undefined;
  const verdict = judge(
    text,
    purpose ?? "answer",
    item.limits,
    live?.text,
    turnedDown === "" ? undefined : turnedDown,
    barred,
    files.length,
    check.isOfText ? check.found.filter(({ severity }) => severity === "error").length : 0,
  );

  const keep = (value: string, draftId?: string) => {
    if (purpose === undefined) return;
    const begun = { ...since(), text: value, draftId, files: unsent?.files };
    // An empty text is one, where something else would stand in its place.
    const isNothing = value === "" && files.length === 0 && initial === "";
    keepUnsent(userId, purpose, id, isNothing ? undefined : begun);
  };
  const deliver = ({ text: value, files: sent, at, draftId }: Letter, andNext: boolean) => {
    if (purpose === undefined) return;
    setEditing(false);
    sendReply.mutate({
      id,
      user: userId,
      buyer: item.buyer_name || "Покупатель",
      purpose,
      text: value,
      files: sent,
      left: { text: value, files: sent },
      limits: item.limits,
      draftId: purpose === "answer" ? (draftId ?? unsent?.draftId) : undefined,
      basis: item.basis,
      sendAt: at,
      after: reply?.reply_id ?? null,
      isChat,
    });
    if (andNext) onSentAndNext();
    // The editor goes away with the focus in it: the item takes it over. That of a chat stays for the next message.
    else if (isChat) setFocusRequest((count) => count + 1);
    else document.getElementById("item")?.focus();
  };
  const request = (letter: Letter, andNext: boolean) => {
    const isSaidAgain = !isChat || letter.text === reply?.text.trim();
    if (mayStand(reply) && isSaidAgain) setQuestion({ about: "again", letter, andNext });
    else deliver(letter, andNext);
  };
  const put = (value: string, draftId: string | undefined, andEdit: boolean) => {
    keep(value, draftId);
    if (andEdit) setFocusRequest((count) => count + 1);
  };
  /** Puts a text into the editor, and asks before it takes the place of the operator's own. */
  const offer = (value: string, draftId: string | undefined, andEdit: boolean) => {
    const isOwn = text.trim() !== "" && unsent?.draftId === undefined && text !== value;
    if (isOwn) setQuestion({ about: "replace", text: value, draftId, andEdit });
    else put(value, draftId, andEdit);
  };

  return {
    purpose,
    text,
    unsent: unsent ?? answer ?? edit,
    verdict,
    check,
    isAsking: question?.about,
    focusRequest: outerFocusRequest + innerFocusRequest,
    change: (value) => keep(value, unsent?.draftId),
    send: (andNext) => {
      if (!verdict.canSend || attempt?.status === "pending") return;
      request({ text: text.trim(), files: [...files] }, andNext);
    },
    sendLater:
      messagesOf(text.trim(), files, item.limits.files).length > 1
        ? undefined
        : (at) => {
            if (!verdict.canSend || attempt?.status === "pending") return;
            request({ text: text.trim(), files: [...files], at }, false);
          },
    retry: () =>
      request(
        isChat
          ? { ...failed, text: failed.text.trim() }
          : { text: (unsent?.text ?? attempt?.sent.text ?? initial).trim(), files: [] },
        false,
      ),
    takeBack: () => {
      offer(failed.text, undefined, true);
      for (const file of failed.files) keepFile(userId, id, { ...since(), text: failed.text }, file);
    },
    files,
    uploads: uploads.uploads,
    attach: uploads.add,
    dismissUpload: uploads.dismiss,
    removeFile: ({ fileId }) => {
      const left = files.filter((file) => file.fileId !== fileId);
      keepUnsent(
        userId,
        "answer",
        id,
        left.length === 0 && text === "" ? undefined : { ...since(), draftId: unsent?.draftId, files: left },
      );
    },
    acceptDraft: (andEdit) => {
      if (!item.draft) {
        setFocusRequest((count) => count + 1);
        return;
      }
      offer(item.draft.text, item.draft.draft_id, andEdit);
    },
    sendDraft: () => {
      const { draft } = item;
      if (!draft || draft.stale || purpose !== "answer" || attempt?.status === "pending") return;
      const isOwn = text.trim() !== "" && text !== draft.text;
      if (isOwn || files.length > 0) offer(draft.text, draft.draft_id, false);
      else request({ text: draft.text.trim(), files: [], draftId: draft.draft_id }, false);
    },
    beginEdit: () => {
      if (!item.can_edit.allowed) return;
      setEditing(true);
      setFocusRequest((count) => count + 1);
    },
    cancelEdit: () => {
      setEditing(false);
      keepUnsent(userId, "edit", id, undefined);
    },
    acknowledge: () => {
      if (unsent && purpose) keepUnsent(userId, purpose, id, { ...unsent, ...base });
    },
    discard: () => {
      keepUnsent(userId, "answer", id, undefined);
      keepUnsent(userId, "edit", id, undefined);
    },
    confirm: () => {
      setQuestion(undefined);
      if (question?.about === "again") deliver(question.letter, question.andNext);
      else if (question?.about === "replace") put(question.text, question.draftId, question.andEdit);
    },
    dismiss: () => setQuestion(undefined),
  };
}
