"""A client of the CI Visibility Pipelines API: send events, and ask for them.

    from pytest_ddci import Client

    with Client.from_environment(os.environ) as client:
        for event in client.iter_search("ci_level:pipeline @ci.status:error", from_="now-1d"):
            print(event.get("@ci.pipeline.name"), event.get("@duration") / 1e9, "s")

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_ddci import moments, values
from pytest_ddci.answers import AggregateAnswer, EventsAnswer
from pytest_ddci.arguments import aggregate_request, events_request
from pytest_ddci.clock import Deadline, SystemClock
from pytest_ddci.config import Secret
from pytest_ddci.endpoints import AGGREGATE, LIST, SEARCH
from pytest_ddci.errors import ClientError, ConfigError
from pytest_ddci.intake import Intake
from pytest_ddci.pages import Events
from pytest_ddci.queries import MAX_PAGE
from pytest_ddci.reader import Lent, Question, Reader
from pytest_ddci.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    import httpx

    from pytest_ddci.arguments import Several, Time
    from pytest_ddci.clock import Clock
    from pytest_ddci.queries import Compute, GroupBy, SearchRequest, Sort
    from pytest_ddci.sending import Sendable, Sent

SITE = "datadoghq.com"


class Client:
    """The API of one site, for as long as it is open. Safe to use from several threads.

    Every call takes `timeout` seconds at most, in which what passes (408, 429 and its rate
    limit, 5xx, silence) is tried again, five times at most. Redirects are not followed: they
    would take the keys along.

    Times may be `now`, `now-15m` (units s, m, h, d, w and mo), ISO 8601 with a zone, milliseconds
    since the epoch, or aware datetimes. Events are dated by their end.

    Args:
        api_key: no repr, error or log line shows it.
        app_key: the application key, needed for all that reads; as secret as the other.
        site: the Datadog site, such as `datadoghq.eu`.
        url: in place of the site: scheme, host and port.
        timeout: seconds for each call, all its attempts and waits included.
        gzip: compress what is sent; the API does not document it.
        transport: in place of the network. The environment's proxies and CA count without it.
        clock: what is waited on.
        jitter: gives numbers from 0 to 1, to spread the waits.

    Raises:
        ConfigError: an argument has a value that is not allowed.
    """

    def __init__(  # noqa: PLR0913 - what it is made of, by name
        self,
        api_key: str | Secret,
        app_key: str | Secret | None = None,
        *,
        site: str = SITE,
        url: str | None = None,
        timeout: float = 30.0,
        gzip: bool = False,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._api_key = _key("api_key", api_key)
        try:
            self.url = f"https://api.{values.site(site)}" if url is None else values.url(url)
        except ValueError as allowed:
            what = f"site={site!r}" if url is None else f"url={url!r}"
            raise ConfigError(f"{what}: expected {allowed}") from None
        if not (0 < timeout < math.inf):
            raise ConfigError(f"timeout={timeout!r}: expected a number of seconds > 0")
        self._timeout = timeout
        self._gzip = gzip
        self._transport = transport
        self._lent = None if transport is None else Lent(transport)
        self._clock = clock or SystemClock()
        self._jitter = jitter
        self._reader: Reader | None = None
        self._closed = False
        if app_key is not None:
            self._reader = Reader(
                self.url,
                (self._api_key, _key("app_key", app_key)),
                clock=self._clock,
                transport=self._lent,
                jitter=jitter,
            )

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str],
        *,
        timeout: float = 30.0,
        gzip: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> Client:
        """The client that `DD_API_KEY`, `DD_APP_KEY`, and `DDCI_URL` or `DD_SITE` describe.

        The environment may be `os.environ`; the other arguments are the constructor's.

        Raises:
            ConfigError: `DD_API_KEY` is not set, or a variable has a value that is not allowed.
        """
        found = {name: environ.get(name, "").strip() for name in ("DD_SITE", "DDCI_URL")}
        keys = [Secret(environ.get(name, "").strip()) for name in ("DD_API_KEY", "DD_APP_KEY")]
        if not keys[0].reveal():
            raise ConfigError("DD_API_KEY is not set")
        return cls(
            keys[0],
            keys[1] if keys[1].reveal() else None,
            site=found["DD_SITE"] or SITE,
            url=found["DDCI_URL"] or None,
            timeout=timeout,
            gzip=gzip,
            transport=transport,
        )

    def send(self, events: Sendable | Iterable[Sendable]) -> Sent:
        """Send one event or many: models, or objects such as the API documents.

        An event is an `Event`, its `Attributes`, or its resource alone (a `Pipeline`, a `Job`,
        ...). Requests are cut to the API's limits; offenders are found and left out, so that the
        others arrive; the pipeline goes last. What a network does is no error: look at the result.

        Raises:
            InvalidEventError: one of them is no event that the API takes; nothing has been sent.
            ClientError: the client is closed.
        """
        self._check_open()
        with Intake(
            self.url,
            self._api_key.reveal(),
            clock=self._clock,
            gzip=self._gzip,
            transport=self._lent,
            jitter=self._jitter,
        ) as intake:
            return send(events, intake, self._deadline(), self._clock)

    def list_events(  # noqa: PLR0913 - the fields of the request, by name
        self,
        query: str = "*",
        from_: Time = moments.FROM,
        to: Time = moments.TO,
        *,
        sort: Sort | None = None,
        limit: int = 10,
        cursor: str | None = None,
    ) -> EventsAnswer:
        """One page of events, by GET.

        Args:
            query: in the syntax of the CI Visibility explorer.
            from_: the earliest end of an execution.
            to: the latest end of an execution.
            sort: `timestamp`, or `-timestamp` for the newest first.
            limit: events on the page, at most 1,000.
            cursor: the `cursor` of the page before; repeat all else as it was, and use times
                that do not move.

        Raises:
            QueryError: an argument is not what the API allows; nothing was asked.
            ClientError: there is no answer.
            ConfigError: the client has no application key.
        """
        return self._list(events_request(query, from_, to, sort, limit, cursor=cursor))

    def search_events(  # noqa: PLR0913 - the fields of the request, by name
        self,
        query: str = "*",
        from_: Time = moments.FROM,
        to: Time = moments.TO,
        *,
        sort: Sort | None = None,
        limit: int = 10,
        cursor: str | None = None,
        timezone: str | None = None,
        time_offset: int | None = None,
    ) -> EventsAnswer:
        """One page of events, by POST, which takes queries of any length.

        Arguments and errors as `list_events`, and `timezone` (`UTC`, `GMT`, `UTC+1` or a name such
        as `America/New_York`) or `time_offset` (seconds).
        """
        options = {"timezone": timezone, "time_offset": time_offset}
        return self._search(events_request(query, from_, to, sort, limit, options, cursor))

    def iter_events(
        self,
        query: str = "*",
        from_: Time = moments.FROM,
        to: Time = moments.TO,
        *,
        sort: Sort | None = None,
        limit: int = MAX_PAGE,
    ) -> Events:
        """All events, by GET: pages are turned until there are no more.

        Arguments and errors as `list_events`; the limit is that of each page, and so is the
        timeout. Times are made absolute first, for `now` moves.
        """
        return self._all(self._list, events_request(query, from_, to, sort, limit))

    def iter_search(  # noqa: PLR0913 - the fields of the request, by name
        self,
        query: str = "*",
        from_: Time = moments.FROM,
        to: Time = moments.TO,
        *,
        sort: Sort | None = None,
        limit: int = MAX_PAGE,
        timezone: str | None = None,
        time_offset: int | None = None,
    ) -> Events:
        """All events, by POST; arguments as `search_events`, otherwise as `iter_events`."""
        options = {"timezone": timezone, "time_offset": time_offset}
        return self._all(self._search, events_request(query, from_, to, sort, limit, options))

    def aggregate(  # noqa: PLR0913 - the fields of the request, by name
        self,
        compute: Several[Compute] = "count",
        query: str = "*",
        from_: Time = moments.FROM,
        to: Time = moments.TO,
        *,
        group_by: Several[GroupBy] = (),
        timezone: str | None = None,
        time_offset: int | None = None,
    ) -> AggregateAnswer:
        """Values computed of the events, in buckets; the API gives all of them in one answer.

        `client.aggregate(Compute(aggregation="pc95", metric="@duration"), group_by="@ci.status")`

        Args:
            compute: what to compute, once or more: an answer calls it `c0`, `c1` and so on. The
                name of a function is enough where it needs no metric.
            query: as `list_events`; so are `from_` and `to`.
            from_: the earliest end of an execution.
            to: the latest end of an execution.
            group_by: facets, by name alone or as `GroupBy`.
            timezone: as `search_events`; timeseries are cut by it.
            time_offset: seconds, in place of a timezone.

        Raises:
            QueryError: an argument is not what the API allows; nothing was asked.
            ClientError: there is no answer.
            ConfigError: the client has no application key.
        """
        options = {"timezone": timezone, "time_offset": time_offset}
        request = aggregate_request(compute, query, from_, to, group_by, options)
        question = Question(AGGREGATE, body=request.body())
        return self._opened().ask(question, AggregateAnswer, self._deadline())

    def close(self) -> None:
        """Give up every connection; the client does no more."""
        self._closed = True
        if self._reader is not None:
            self._reader.close()
        if self._transport is not None:
            self._transport.close()

    def __enter__(self) -> Client:  # noqa: PYI034 - not made to be subclassed; 3.10 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def _list(self, request: SearchRequest) -> EventsAnswer:
        question = Question(LIST, parameters=request.parameters())
        return self._opened().ask(question, EventsAnswer, self._deadline())

    def _search(self, request: SearchRequest) -> EventsAnswer:
        question = Question(SEARCH, body=request.body())
        return self._opened().ask(question, EventsAnswer, self._deadline())

    def _all(self, page: Callable[[SearchRequest], EventsAnswer], request: SearchRequest) -> Events:
        self._opened()
        request = request.absolute(self._clock.now_ns())
        return Events(lambda cursor: page(request.at(cursor)))

    def _opened(self) -> Reader:
        self._check_open()
        if self._reader is None:
            raise ConfigError("reading needs an application key: DD_APP_KEY, or app_key")
        return self._reader

    def _check_open(self) -> None:
        if self._closed:
            raise ClientError("the client is closed")

    def _deadline(self) -> Deadline:
        return Deadline.after(self._timeout, self._clock)


def _key(name: str, key: str | Secret) -> Secret:
    """A key; one that no header can carry is refused without showing it."""
    secret = key if isinstance(key, Secret) else Secret(key)
    text = secret.reveal()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(f"{name} is no key: one word of printable ASCII characters is needed")
    return secret
