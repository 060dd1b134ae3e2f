/** The buyer's words, the replies, and the place for the next one. */
import { useQuery } from "@tanstack/react-query";
import { PenLine } from "lucide-react";
import { replyWords } from "@/features/interactions/reply-state";
import { isBack, useAttempts, type Attempt } from "@/features/interactions/replies";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { historyQuery } from "@/lib/api/queries";
import type { Interaction, Reply } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { useMay } from "@/lib/may";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { MARKETPLACE } from "@/lib/words";
import { authorOf } from "./authors";
import { BuyerMessage } from "./BuyerMessage";
import { Changed } from "./Changed";
import { windowWords } from "./channel-words";
import { withNewest } from "./chat-feed";
import { ChatFeed } from "./ChatFeed";
import { Composer } from "./Composer";
import { DoubtedReply } from "./DoubtedReply";
import { DraftBlock } from "./DraftBlock";
import { keepProblem, useKeepDraft } from "./drafts";
import { HeldReply } from "./HeldReply";
import { historyLine } from "./history-line";
import { MarketplaceWords, PendingBubble, ReplyBubble } from "./ReplyBubble";
import { OrderClaims } from "./OrderClaims";
import { RelatedReviews } from "./RelatedReviews";
import { RejectQuestion } from "./RejectQuestion";
import { useEditor, type Editor } from "./useEditor";
import { useViewed } from "./useViewed";
import styles from "./Conversation.module.css";

interface ConversationProps {
  item: Interaction;
  userId: string;
  onSentAndNext: () => void;
  focusRequest: number;
}

export function Conversation({ item, userId, onSentAndNext, focusRequest }: ConversationProps) {
  const attempt = useAttempts().get(item.interaction_id);
  const history = useQuery({ ...historyQuery(item.interaction_id), enabled: item.reply !== null });
  const editor = useEditor(item, userId, history.data, attempt, onSentAndNext, focusRequest);
  const keepDraft = useKeepDraft(item.interaction_id);
  const mayAnswer = useMay()("answer_interactions");
  const purpose = mayAnswer ? editor.purpose : undefined;
  useViewed(item, mayAnswer);

  useShortcut("send", () => editor.send(false), purpose !== undefined);
  useShortcut("send-and-next", () => editor.send(true), purpose !== undefined);
  useShortcut("accept-draft", () => editor.acceptDraft(false), purpose === "answer" && item.draft !== null);
  useShortcut(
    "edit",
    () => (purpose === "answer" ? editor.acceptDraft(true) : editor.beginEdit()),
    mayAnswer,
  );

  const isPending = attempt?.status === "pending";
  const isChat = item.chat !== null;
  return (
    <div className={styles.conversation}>
      <OrderClaims item={item} />
      {isChat ? (
        <ChatFeed
          item={item}
          replies={withNewest(history.data ?? [], item.reply)}
          userId={userId}
          pending={isPending && isUnknownYet(item, attempt) ? attempt.sent : undefined}
        />
      ) : (
        <div className={styles.feed}>
          <RelatedReviews item={item} />
          <BuyerMessage item={item} />
          {shownReplies(item, history.data).map((reply) => (
            <ReplyBubble key={reply.reply_id} item={item} reply={reply} author={authorOf(reply, userId)} />
          ))}
          {isPending && item.reply?.text !== attempt.sent.text && (
            <PendingBubble text={attempt.sent.text} files={[]} author="Вы" channel={item.channel} />
          )}
          {history.data && <p className={styles.line}>{historyLine(history.data)}</p>}
        </div>
      )}
      {!mayAnswer && (
        <footer className={styles.foot}>
          <p className={styles.line}>Вы можете только читать: чтобы отвечать, нужна роль с этим правом.</p>
        </footer>
      )}
      {mayAnswer && (
        <footer className={styles.foot}>
          <Changed item={item} userId={userId} editor={editor} />
          {isChat && <Window item={item} />}
          {item.reply?.state === "held" && <HeldReply item={item} reply={item.reply} userId={userId} />}
          {item.reply?.in_doubt && !isPending && <DoubtedReply item={item} reply={item.reply} />}
          {!isPending && (!item.reply?.in_doubt || isAnew(item, attempt)) && (
            <Refusal item={item} attempt={attempt} editor={editor} />
          )}
          {purpose === "answer" && item.can_answer.allowed && !isPending && (
            <DraftBlock
              item={item}
              isTaken={item.draft !== null && editor.unsent?.draftId === item.draft.draft_id}
              onAccept={() => editor.acceptDraft(false)}
              onAcceptAndSend={editor.sendDraft}
              onEdit={() => editor.acceptDraft(true)}
            />
          )}
          {purpose === "edit" && !isPending && (
            <p className={styles.line}>Правка ответа. {editRule(item)}.</p>
          )}
          {purpose !== undefined && (isChat || !isPending) && (
            <Composer
              item={item}
              purpose={purpose}
              text={editor.text}
              verdict={editor.verdict}
              check={editor.check}
              isSending={isPending}
              isDisabled={item.chat?.open === false}
              focusRequest={editor.focusRequest}
              files={editor.files}
              uploads={editor.uploads}
              onAttach={editor.attach}
              onRemoveFile={editor.removeFile}
              onDismissUpload={editor.dismissUpload}
              onText={editor.change}
              onSend={editor.send}
              onSendLater={editor.sendLater}
              onCancel={purpose === "edit" ? editor.cancelEdit : undefined}
              onKeepDraft={
                purpose === "answer" && editor.text.trim() !== ""
                  ? () => keepDraft.mutate({ text: editor.text.trim(), basis: item.basis })
                  : undefined
              }
            />
          )}
          {item.can_reject?.allowed && !isPending && <RejectQuestion item={item} />}
          {keepDraft.error && <ProblemNote error={keepProblem(keepDraft.error)} />}
          {purpose === undefined && !isPending && <Closed item={item} onEdit={editor.beginEdit} />}
        </footer>
      )}
      <Dialog
        title="Отправить ещё раз?"
        isOpen={editor.isAsking === "again"}
        onClose={editor.dismiss}
        isAlert
      >
        <p>
          {isChat
            ? `Мы не смогли выяснить, дошло ли прошлое сообщение. Если оно ещё появится, покупатель прочтёт его дважды. Вы проверили чат в кабинете ${MARKETPLACE[item.marketplace].short}?`
            : `Мы не смогли выяснить, дошёл ли прошлый ответ. Если он ещё появится, покупатель увидит два ответа. Вы проверили обращение в кабинете ${MARKETPLACE[item.marketplace].short}?`}
        </p>
        <Choices
          confirm={isChat ? "Проверил, сообщения нет — отправить" : "Проверил, ответа нет — отправить"}
          onConfirm={editor.confirm}
          onDismiss={editor.dismiss}
        />
      </Dialog>
      <Dialog
        title="Заменить ваш текст?"
        isOpen={editor.isAsking === "replace"}
        onClose={editor.dismiss}
        isAlert
      >
        <p>В поле ответа уже есть ваш текст. Другой встанет на его место.</p>
        <Choices confirm="Заменить" onConfirm={editor.confirm} onDismiss={editor.dismiss} />
      </Dialog>
    </div>
  );
}

/** The version buyers see now and, while another is on its way, that one too. Texts to correct stand in the editor instead. */
function shownReplies(item: Interaction, history: readonly Reply[] | undefined): Reply[] {
  const newest = item.reply;
  if (!newest) return [];
  const live = history?.findLast((reply) => reply.state === "published" || reply.state === "sent");
  if (isBack(newest) && (item.can_answer.allowed || item.can_edit.allowed)) return live ? [live] : [];
  return newest.kind === "edit" && live && live.reply_id !== newest.reply_id ? [live, newest] : [newest];
}

/** The server has no newer reply than there was when this one was sent. */
function isUnknownYet(item: Interaction, attempt: Attempt): boolean {
  return (item.reply?.reply_id ?? null) === attempt.sent.after;
}

/** Something else was sent after the newest reply, and the server has nothing of it. */
function isAnew(item: Interaction, attempt: Attempt | undefined): boolean {
  return attempt?.status === "error" && attempt.sent.after === item.reply?.reply_id;
}

/** Until when the marketplace surely takes a message. */
function Window({ item }: { item: Interaction }) {
  const words = windowWords(item, useNow());
  return words === "" ? null : <p className={styles.line}>{words}</p>;
}

/** Why the last send came to nothing, at the place where it is mended. */
function Refusal({
  item,
  attempt,
  editor,
}: {
  item: Interaction;
  attempt: Attempt | undefined;
  editor: Editor;
}) {
  const now = useNow();
  const market = MARKETPLACE[item.marketplace].short;
  const { reply } = item;
  // A rejection that failed is told where it stands.
  const isFailed = reply !== null && isBack(reply) && !reply.in_doubt;
  const problem = attempt?.status === "error" ? attempt.problem : undefined;
  // An answer that stands has overtaken the failure; a refused edit leaves the answer standing as it was.
  const isOvertaken = item.chat
    ? !isFailed && attempt !== undefined && !isUnknownYet(item, attempt)
    : reply && !isFailed && (attempt?.sent.purpose === "answer" || reply.text === attempt?.sent.text);
  const mend = (mayRepeat: boolean) => <Mend item={item} editor={editor} mayRepeat={mayRepeat} />;
  if (problem && !isOvertaken) {
    const isBlocked = problem.status === 422;
    return (
      <Note
        tone="bad"
        role="alert"
        title={
          isFailed
            ? replyWords(reply, market, now, item.channel).title
            : `${isBlocked ? "Заблокировано" : "Ошибка"}: ${problem.detail}`
        }
        actions={(item.can_answer.allowed || item.can_edit.allowed) && mend(!isBlocked)}
      >
        {problem.fields.length > 0 && (
          <ul className={styles.violations}>
            {problem.fields.map((field) => (
              <li key={field.message}>{field.message}</li>
            ))}
          </ul>
        )}
        {problem.systemDoes !== null && <p>{problem.systemDoes}</p>}
        {problem.youCan !== null && <p>{problem.youCan}</p>}
        {isFailed && <MarketplaceWords reply={reply} market={market} />}
      </Note>
    );
  }
  if (!reply || !isFailed || !(item.can_answer.allowed || item.can_edit.allowed)) return null;
  const words = replyWords(reply, market, now, item.channel);
  return (
    <Note
      tone={reply.state === "cancelled" ? "info" : "bad"}
      title={words.title}
      actions={mend(reply.state === "failed")}
    >
      {/* In a chat the message that failed stands above, with its details. */}
      {!item.chat && words.details.map((detail) => <p key={detail}>{detail}</p>)}
      {!item.chat && <MarketplaceWords reply={reply} market={market} />}
    </Note>
  );
}

/** How a reply that came to nothing is mended. In a chat its text stands above, and comes into the editor when asked. */
function Mend({ item, editor, mayRepeat }: { item: Interaction; editor: Editor; mayRepeat: boolean }) {
  return (
    <>
      {item.chat && editor.text === "" && editor.files.length === 0 && (
        <Button size="small" weight="ghost" onPress={editor.takeBack}>
          Изменить текст
        </Button>
      )}
      {mayRepeat && (
        <Button size="small" onPress={editor.retry}>
          Повторить
        </Button>
      )}
    </>
  );
}

/** When nothing can be written: why, and what can be done instead. */
function Closed({ item, onEdit }: { item: Interaction; onEdit: () => void }) {
  const { reply, can_answer, can_edit } = item;
  if (reply?.kind === "rejection") return null;
  if (!reply || item.chat) return can_answer.reason ? <Note tone="info" title={can_answer.reason} /> : null;
  if (reply.state !== "sent" && reply.state !== "published" && !can_edit.allowed) return null;
  return (
    <div className={styles.closed}>
      <Button
        icon={<PenLine size={14} />}
        isDisabled={!can_edit.allowed}
        onPress={onEdit}
        aria-keyshortcuts="E"
      >
        Редактировать ответ
      </Button>
      <p className={styles.line}>
        {can_edit.allowed ? editRule(item) : (can_edit.reason ?? "Изменить нельзя")}
      </p>
    </div>
  );
}

/** How often an answer may be changed: once where there is an end to it, otherwise as often as there is need. */
function editRule({ can_edit }: Interaction): string {
  return can_edit.until === null ? "Можно изменить в любое время" : "Можно изменить 1 раз за 60 дней";
}

function Choices(props: { confirm: string; onConfirm: () => void; onDismiss: () => void }) {
  return (
    <div className={styles.choices}>
      <Button onPress={props.onDismiss}>Отменить</Button>
      <Button weight="danger" onPress={props.onConfirm}>
        {props.confirm}
      </Button>
    </div>
  );
}
