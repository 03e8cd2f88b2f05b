# redirections PROGRAM: redirects in the table nat what comments `redirect-to-PORT` of rules ask for, once all rules are
# there. The rules before these keep their packets from it there as well.
redirections() (
    set +e
    case $($1 -S) in *redirect-to-*) ;; *) $1 -t nat -F redirections 2>/dev/null; exit 0 ;; esac
    $1 -t nat -N redirections 2>/dev/null
    $1 -t nat -C PREROUTING -j redirections 2>/dev/null || $1 -t nat -A PREROUTING -j redirections
    { echo '*nat'; echo ':redirections -'; $1 -S; echo COMMIT; } | sed -e '/^-P /d' -e '/^-A FORWARD /d' -e '/^-A OUTPUT /d' \
        -e '/ -j N*F*LOG/d' -e '/--ctstate DNAT --ctdir ORIGINAL -j ACCEPT/d' -e 's/^-N \(.*\)/:\1 -/' \
        -e 's/^-A INPUT/-A redirections/' -e 's/ -j DROP$/ -j ACCEPT/' -e 's/ -j REJECT.*/ -j ACCEPT/' \
        -e 's/-m comment --comment "*redirect-to-\([^ "]*\)"* -j .*/-j REDIRECT --to-ports \1/' -e 's/ --to-ports same//' \
        -e 's/ --to-ports 0$//' | $1-restore -n
)
