// The whole name, large: is it yours?
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    Card {
        width: parent.width
        height: Math.min(parent.height - buttons.height - Theme.gap, name.implicitHeight + 160)
        y: Math.max(0, buttons.y - height - Theme.gap - (Theme.wide ? 0 : 200))
        Label {
            id: name
            anchors.centerIn: parent
            width: parent.width - 2 * Theme.inset
            horizontalAlignment: Text.AlignHCenter
            text: page.view.name || ""
            font.pixelSize: Theme.px(64)
            font.bold: true
            lineHeight: 1.2
        }
    }
    Row {
        id: buttons
        width: parent.width
        y: parent.height - height
        spacing: Theme.gap
        PushButton {
            width: (parent.width - Theme.gap) * 0.4
            text: page.view.no || ""
            onClicked: Bridge.answer("no")
        }
        PushButton {
            width: (parent.width - Theme.gap) * 0.6
            primary: true
            text: page.view.yes || ""
            onClicked: Bridge.answer("yes")
        }
    }
}
