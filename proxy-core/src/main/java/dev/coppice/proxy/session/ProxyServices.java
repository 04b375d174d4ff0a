package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchResolver;
import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.route.BranchCarriers;
import dev.coppice.proxy.tls.TlsIdentity;

/** What all connections of one proxy share. */
record ProxyServices(
    ProxyConfig config,
    BranchResolver resolver,
    BranchCarriers carriers,
    TlsIdentity tls,
    EngineDialer dialer,
    EngineSessions sessions,
    SpareSessions spares,
    CancelKeys cancelKeys,
    ProxyMetrics metrics,
    LoginSecrets secrets,
    Admissions admissions) {}
