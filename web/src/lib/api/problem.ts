/** What went wrong, in the three parts every error on screen has: what happened, what the system does, what you can do. */
import type { ProblemBody } from "./types";

/** A refused or failed call. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly detail: string;
  readonly systemDoes: string | null;
  readonly youCan: string | null;
  readonly requestId: string | null;
  readonly fields: readonly { field: string; message: string }[];

  constructor(body: Partial<ProblemBody>, status: number, requestId: string | null) {
    super(body.code ?? `http ${status}`);
    this.code = body.code ?? "unexpected";
    this.status = status;
    this.detail = body.detail ?? body.title ?? "Сервер ответил непонятно.";
    this.systemDoes = body.system_does ?? null;
    this.youCan = body.you_can ?? null;
    this.requestId = body.request_id ?? requestId;
    this.fields = body.errors ?? [];
  }

  /** The message about one field of the form, when there is one. */
  field(name: string): string | undefined {
    return this.fields.find((entry) => entry.field === name)?.message;
  }
}

/** No answer came: the request may or may not have arrived. */
export function noAnswer(): Problem {
  return new Problem(
    {
      code: "network",
      detail: "Нет связи с сервером.",
      system_does: "Введённое сохранено в этом браузере.",
      you_can: "Проверьте интернет и повторите: повтор не создаст второго ответа.",
    },
    0,
    null,
  );
}

/** Reads a refusal; anything that is not problem+json still becomes a usable message. */
export function refusal(body: unknown, response: Response): Problem {
  const requestId = response.headers.get("x-request-id");
  const isProblem = typeof body === "object" && body !== null && "code" in body;
  return new Problem(isProblem ? (body as Partial<ProblemBody>) : {}, response.status, requestId);
}

/** Any thrown value as a problem, so that a screen has one shape to show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(
    {
      code: "console_fault",
      detail: "Ошибка в консоли.",
      you_can: "Обновите страницу. Если повторится, сообщите нам.",
    },
    0,
    null,
  );
}
