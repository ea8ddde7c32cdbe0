// One dot for each of several texts that take turns; the one that stands there is filled.
pragma ComponentBehavior: Bound
import QtQuick

Row {
    id: dots
    required property InTurn of
    spacing: 12
    visible: of.count > 1
    Repeater {
        model: dots.of.count
        Rectangle {
            required property int index
            width: 14
            height: 14
            radius: 7
            color: index === dots.of.at ? Theme.blue : "transparent"
            border.color: index === dots.of.at ? Theme.blue : Theme.edge
            border.width: 2
        }
    }
}
