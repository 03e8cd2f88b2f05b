# An excerpt: more of the script stands around it.
# Backslashes at the end of a line, most of them good.
ipchains -P input DENY

# expect: broken-continuation
ipchains -A input -p tcp -s 10.0.0.0/8 \ 
  -d 192.0.2.1 22 -j ACCEPT
# expect: broken-continuation
echo one \	 
echo two

ipchains -A input -p tcp -s 10.0.0.0/8 \
  -d 192.0.2.1 25 -j ACCEPT
# a comment with a backslash \ 
echo a backslash\ and a blank
echo 'quoted \ 
'
cat <<END
here \ 
END
