# An excerpt: more of the script stands around it.
# One bad line does not hide what is around it.
if [ -n "$1" ]; then echo one; fi
# expect: syntax-error
fi
# expect: syntax-error
echo "never closed
ipchains -P input DENY
# expect: broken-continuation
ipchains -A input -p tcp \ 
	-j ACCEPT
echo 'it is
closed below'; echo "it's"
case $1 in (a) echo a ;; b) ;; esac
