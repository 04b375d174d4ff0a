package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchResolver;
import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.StatementTap;
import dev.coppice.proxy.route.BranchCarriers;
import dev.coppice.proxy.tls.CurrentIdentity;
import java.util.Optional;

/** What all connections of one proxy share. */
record ProxyServices(
    ProxyConfig config,
    BranchResolver resolver,
    BranchCarriers carriers,
    CurrentIdentity tls,
    EngineDialer dialer,
    EngineSessions sessions,
    SpareSessions spares,
    CancelKeys cancelKeys,
    ProxyMetrics metrics,
    LoginSecrets secrets,
    Admissions admissions,
    FailedLogins failedLogins,
    Optional<StatementTap> tap) {}
